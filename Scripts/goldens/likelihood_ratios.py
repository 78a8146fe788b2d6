"""Records what lir 1.8.0 (Netherlands Forensic Institute, PyPI, Python 3.12) says on fixed scores.

    pip install lir==1.8.0
    python Scripts/goldens/likelihood_ratios.py Tests/LikelihoodRatiosTests/Goldens/lir.json

Seeded; scikit-learn's logistic regression is run to a tolerance of 1e-14, since its default stops
at 1e-4.
"""

import json
import sys

import numpy as np
from lir.algorithms.bayeserror import elub
from lir.algorithms.isotonic_regression import IsotonicCalibrator
from lir.algorithms.kde import KDECalibrator
from lir.algorithms.logistic_regression import LogitCalibrator
from lir.data.models import FeatureData, LLRData
from lir.metrics import cllr, cllr_cal, cllr_min
from lir.plotting.expected_calibration_error import calculate_ece
from lir.util import logodds_to_odds, odds_to_probability

PRIORS = [-3.0, -1.5, -0.5, 0.0, 0.5, 1.5, 3.0]


def finite(values):
    """Infinities as text, which JSON has no numbers for."""
    return [float(v) if np.isfinite(v) else ("inf" if v > 0 else "-inf") for v in values]


def record(name, reuse, innocent):
    scores = np.concatenate([reuse, innocent])
    labels = np.concatenate([np.ones(len(reuse), int), np.zeros(len(innocent), int)])
    data = FeatureData(features=scores.reshape(-1, 1), hypothesis=labels)
    case = {"name": name, "reuse": list(map(float, reuse)), "innocent": list(map(float, innocent))}
    for key, calibrator in [
        ("logistic", LogitCalibrator(tol=1e-14, max_iter=100_000)),
        ("kernel_density", KDECalibrator(bandwidth="silverman")),
    ]:
        calibrated = calibrator.fit(data).apply(data)
        llrs = np.asarray(calibrated.features, float).reshape(-1)
        result = calibrated.replace_as(LLRData, features=llrs.reshape(-1, 1))
        lower, upper = elub(result.replace(features=llrs.copy().reshape(-1, 1)))
        bounded = np.clip(llrs, lower, upper)
        after = result.replace(features=bounded.reshape(-1, 1))
        pav = IsotonicCalibrator().fit_apply(after)
        priors = odds_to_probability(np.power(10, np.array(PRIORS)))
        case[key] = {
            "llrs": finite(llrs),
            "elub": [float(lower), float(upper)],
            "cllr": cllr(after), "cllr_min": cllr_min(after), "cllr_cal": cllr_cal(after),
            "pav": finite(pav.llrs),
            "ece": finite(calculate_ece(logodds_to_odds(bounded), labels, priors)),
            "ece_pav": finite(calculate_ece(logodds_to_odds(pav.llrs), labels, priors)),
            "ece_neutral": finite(calculate_ece(np.ones_like(bounded), labels, priors)),
        }
        if key == "logistic":
            case[key]["intercept"] = float(calibrator._logit.intercept_[0])
            case[key]["slope"] = float(calibrator._logit.coef_[0][0])
    return case


def main(path):
    random = np.random.default_rng(20261128)
    cases = [
        record("overlapping", random.normal(1.5, 1, 40), random.normal(0, 1, 60)),
        record("separated", random.normal(8, 1, 62), random.normal(0, 1, 45)),
        record("cosines", np.tanh(random.normal(1, 0.4, 25)), np.tanh(random.normal(0, 0.1, 200))),
        record("ties", np.round(random.normal(1, 1, 30)), np.round(random.normal(0, 1, 30))),
        record("useless", random.normal(0, 1, 20), random.normal(0, 1, 20)),
        record("reversed", random.normal(-1, 1, 20), random.normal(1, 1, 30)),
    ]
    with open(path, "w") as file:
        json.dump({"lir": "1.8.0", "prior_log_odds": PRIORS, "cases": cases}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])

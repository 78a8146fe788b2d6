"""The command line: `python -m routemark_capture --help`."""

import argparse
import json
import os
import sys

from .errors import CaptureError, printable

HELP = """\
examples:
  python -m routemark_capture --model MERGE --suite suite.json -o merge.trace.safetensors
  python -m routemark_capture losses --model MERGE --windows windows.jsonl -o losses.jsonl
  python -m routemark_capture import --from vllm --log routed.jsonl --suite suite.json --experts 64 -o x.trace.safetensors
  python -m routemark_capture import --from routes --log routes.jsonl --scores logits -o x.trace.safetensors
  python -m routemark_capture recipe --model MERGE --base BASE

`routemark suite create --task python=FILE.txt -o suite.json` makes a suite; `routemark attribute` compares traces.
Exit codes: 0 done, 1 the recipe does not give the routers, 2 could not finish, 64 wrong arguments."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"error: {message}\n")


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def parser():
    top = Parser(prog="python -m routemark_capture", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=HELP,
                 description="Record what the routers of sparse language models say, for RouteMark.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, text, output=True):
        found = commands.add_parser(name, help=text, description=text)
        found.add_argument("--json", action="store_true", help="print the answer as JSON")
        if output:
            found.add_argument("-o", "--output", required=True, metavar="FILE", help="the file to write")
            found.add_argument("--force", action="store_true", help="replace the output where it exists")
        return found

    def runs(found):
        found.add_argument("--model", required=True, metavar="DIR", help="the model's folder")
        found.add_argument("--batch", type=positive, default=8, metavar="N", help="sequences in one pass")
        found.add_argument("--device", default="cpu", metavar="NAME", help="cpu, cuda, mps")
        found.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"],
                           help="what the model computes in; traces are float32 whatever it is")

    capture = command("capture", "run a model over a text suite; the default command")
    runs(capture)
    capture.add_argument("--suite", required=True, metavar="FILE", help="the text suite")
    capture.add_argument("--max-tokens", type=positive, default=512, metavar="N", help="tokens of an item that are read")
    capture.add_argument("--slots", choices=["columns", "sites"],
                         help="whether column e is one expert in all layers (merges of whole models) or not")
    capture.add_argument("--per-token", action="store_true", help="keep every token's scores, not an item's mean")
    capture.add_argument("--selections", action="store_true", help="keep the experts that were chosen, too")

    losses = command("losses", "write how well a model predicts each window of a JSONL file")
    runs(losses)
    losses.add_argument("--windows", required=True, metavar="FILE", help="lines of `text` or `tokens`, and `item`")

    imported = command("import", "make a trace from a log of chosen experts or of a router over whole models")
    imported.add_argument("--from", dest="source", required=True, choices=["vllm", "sglang", "llama.cpp", "routes"])
    imported.add_argument("--log", required=True, metavar="FILE", help="the log, JSONL")
    imported.add_argument("--suite", metavar="FILE", help="the text suite that was run")
    imported.add_argument("--experts", type=positive, metavar="E", help="experts of a layer")
    imported.add_argument("--layers", type=positive, metavar="L", help="layers in a token's numbers, for sglang")
    imported.add_argument("--top-k", type=positive, metavar="K", help="experts of a token, for sglang")
    imported.add_argument("--slots", choices=["columns", "sites"], default="sites")
    imported.add_argument("--scores", choices=["logits", "probabilities", "sigmoid", "weights"],
                          help="what scores of routes are")

    recipe = command("recipe", "check that a merge's routers follow from base and prompts", output=False)
    recipe.add_argument("--model", required=True, metavar="MERGE", help="the mixture's folder")
    recipe.add_argument("--base", required=True, metavar="BASE", help="the base model's folder")
    recipe.add_argument("--dtype", default="bfloat16", choices=["float32", "bfloat16"],
                        help="what the base computes in; mergekit uses bfloat16")
    return top


def run(arguments):
    # What needs torch is imported once arguments are known to be right.
    if arguments.command == "capture":
        from .capture import capture
        trace = capture(arguments.model, arguments.suite, batch=arguments.batch, device=arguments.device,
                        dtype=arguments.dtype, slots=arguments.slots, max_tokens=arguments.max_tokens,
                        per_token=arguments.per_token, selections=arguments.selections)
        return written(trace, arguments)
    if arguments.command == "losses":
        from .losses import write_losses
        count = write_losses(arguments.model, arguments.windows, arguments.output, batch=arguments.batch,
                             device=arguments.device, dtype=arguments.dtype, force=arguments.force)
        say(arguments, {"schema": "routemark.losses-summary/1", "path": arguments.output, "windows": count},
            [f"losses       {arguments.output}", f"windows      {count}"])
        return 0
    if arguments.command == "import":
        from .importing import import_routes, import_selections
        if arguments.source == "routes":
            trace = import_routes(arguments.log, kind=arguments.scores)
        else:
            trace = import_selections(arguments.source, arguments.log, arguments.suite, experts=arguments.experts,
                                      layers=arguments.layers, top_k=arguments.top_k, slots=arguments.slots)
        return written(trace, arguments)
    from .recipe import check_recipe
    found = check_recipe(arguments.model, arguments.base, arguments.dtype)
    per_expert = found.cosines.min(dim=0).values.tolist()
    lines = [f"gate mode    {printable(found.mode)}", f"cosine       {float(found.cosines.min()):.5f} at least, "
             f"{float(found.cosines.mean()):.5f} on average"]
    lines += [f"  {printable(name)}  {value:.5f}" for name, value in zip(found.experts, per_expert)]
    say(arguments, {"schema": "routemark.recipe-check/1", "gate_mode": found.mode, "follows": found.follows,
                    "least_cosine": float(found.cosines.min()), "mean_cosine": float(found.cosines.mean()),
                    "experts": [{"source_model": name, "least_cosine": value}
                                for name, value in zip(found.experts, per_expert)]},
        lines + [f"recipe       {found.sentence}"])
    return 0 if found.follows else 1


def written(trace, arguments):
    trace.write(arguments.output, force=arguments.force)
    made = trace.metadata.get("router_origin")
    summary = {"schema": "routemark.capture-summary/1", "path": arguments.output, "items": len(trace.task),
               "tasks": trace.tasks, "sites": len(trace.sites), "suite": trace.suite, "router_origin": made}
    lines = [f"trace        {arguments.output}", f"items        {len(trace.task)}, tasks {len(trace.tasks)}",
             f"sites        {len(trace.sites)}, {trace.slots}"]
    if made is not None:
        lines.append(f"routers      {'made from prompts' if made == 'prompts' else 'drawn at random'}, by the lengths "
                     "of their rows: they say nothing about experts")
    say(arguments, summary, lines)
    return 0


def say(arguments, document, lines):
    print(json.dumps(document, indent=2, ensure_ascii=False) if arguments.json else "\n".join(lines))


def main(argv=None):
    """Runs a command and returns its exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    # `--model DIR --suite FILE` alone is a capture.
    if argv and argv[0].startswith("-") and argv[0] not in ("-h", "--help"):
        argv.insert(0, "capture")
    top = parser()
    arguments = top.parse_args(argv)
    if arguments.command == "import" and arguments.source != "routes" and not (arguments.suite and arguments.experts):
        top.error("import needs --suite and --experts, except from routes")
    if "output" in arguments and os.path.exists(arguments.output) and not arguments.force:
        print(CaptureError("the output exists already", arguments.output, "name another file, or add --force"),
              file=sys.stderr)
        return 2
    try:
        return run(arguments)
    except CaptureError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

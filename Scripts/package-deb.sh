#!/usr/bin/env bash
# Packs what `install.sh --prefix /usr` installs into a Debian package: package-deb.sh [FOLDER]
set -euo pipefail
output=$(mkdir -p "${1:-.}" && cd "${1:-.}" && pwd)
cd -P "$(dirname "$0")/.."

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
DESTDIR=$stage Scripts/install.sh --prefix /usr >&2
binary=$stage/usr/bin/routemark
strip "$binary"
gzip -9n "$stage"/usr/share/man/man1/*.1
# zsh of Debian looks for completions of packages here.
mkdir -p "$stage/usr/share/zsh/vendor-completions" "$stage/usr/share/doc/routemark" "$stage/DEBIAN"
mv "$stage/usr/share/zsh/site-functions/_routemark" "$stage/usr/share/zsh/vendor-completions/"
rmdir "$stage/usr/share/zsh/site-functions"
cp LICENSE "$stage/usr/share/doc/routemark/copyright"

# The packages that own the shared libraries which the binary asks for.
libraries=$(ldd "$binary" | awk '$3 ~ /^\// { print $3 }')
depends=$(for library in $libraries; do
  dpkg -S "$library" 2>/dev/null || dpkg -S "$(readlink -f "$library")" 2>/dev/null ||
    dpkg -S "/usr$library"
done | sed 's/:.*//' | sort -u | paste -sd, | sed 's/,/, /g')
version=$("$binary" --version)
architecture=$(dpkg --print-architecture)
cat >"$stage/DEBIAN/control" <<END
Package: routemark
Version: $version
Architecture: $architecture
Maintainer: The RouteMark contributors <routemark@localhost>
Depends: $depends
Section: science
Priority: optional
Installed-Size: $(du -sk --exclude=DEBIAN "$stage" | cut -f1)
Description: attribution of experts in merged mixture-of-experts models
 Says, with evidence, whether a merged mixture-of-experts model was built from somebody's experts,
 from what its routers do on fixed probe images and from its weights.
END
name=routemark_${version}_$architecture.deb
dpkg-deb --root-owner-group --build "$stage" "$output/$name" >&2
echo "$output/$name"

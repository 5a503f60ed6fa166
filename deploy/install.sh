#!/bin/sh
# Installs the bundle in which it lies, without a network: sh install.sh [LINK], usually /opt/weipian.
# Each version has a folder of its own below LINK-versions, and LINK points to the one in use: an
# upgrade leaves the former one as it is. See docs/operations.md.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
link=${1:-/opt/weipian}
fail() {
    echo "$1" >&2
    exit 1
}

cd "$here"
sha256sum --check --quiet --strict SHA256SUMS >&2 ||
    fail "安装包不完整或被改动，没有安装。请重新拷贝。/ The bundle is damaged; nothing was installed."

python=""
for name in "${PYTHON:-python3.11}" python3.11 python3; do
    if "$name" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
[ -n "$python" ] ||
    fail "需要 Python 3.11，没有安装。请先安装，或用 PYTHON=路径 指定。/ Python 3.11 is needed."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python 缺少 venv（Debian：python3.11-venv），没有安装。/ Python has no venv."

if [ -e "$link" ] && [ ! -L "$link" ]; then
    fail "“$link”已存在，且不是安装程序建立的链接，没有安装。请移走它，或换一个位置。/ $link is no link of ours."
fi
versions=$link-versions
target=$versions/$(basename -- "$here")
[ ! -e "$target" ] ||
    fail "“$target”已存在：这个版本装过了。要重装请先移走它。/ This version is already there."

trap 'rm -rf -- "$target"; rmdir -- "$versions" 2>/dev/null' EXIT
mkdir -p -- "$target"
cp -R code/. "$target/"
"$python" -m venv "$target/.venv"
"$target/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
    --no-index --find-links "$here/wheels" --require-hashes --no-deps -r "$target/requirements.txt"
"$target/.venv/bin/python" -m compileall -q "$target/app.py" "$target/callbacks" \
    "$target/components" "$target/data" "$target/deploy" "$target/pages"
(cd "$target" && .venv/bin/python -m data --help >/dev/null)
trap - EXIT

ln -sfn -- "$(basename -- "$versions")/$(basename -- "$target")" "$link"
echo "已安装到“$target”，“$link”指向它。首次安装的下一步见 docs/operations.md；升级后请重启服务。"

#!/usr/bin/env bash
# The browser that shows pages as readers see them, and the sandbox in which submissions are graded.
set -euo pipefail

needed=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || needed+=(chromium)
command -v bwrap >/dev/null || needed+=(bubblewrap)
[ ${#needed[@]} -gt 0 ] || exit 0
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends \
  "${needed[@]}" >/dev/null

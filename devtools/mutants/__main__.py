"""Run the mutation tests: `python -m devtools.mutants [MODULE…]`."""

import argparse
import sys
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from devtools.mutants.copies import MODULES
from devtools.mutants.outcomes import mutants_of

SURVIVORS = Path(__file__).with_name("survivors.toml")


def main(modules: list[str]) -> int:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(lambda name: mutants_of(name, Path(folder) / name), modules))
    mutants = [mutant for each in found for mutant in each]
    reasons = read_reasons()
    survivors = [mutant for mutant in mutants if not mutant.killed]
    unexplained = [mutant for mutant in survivors if mutant.key not in reasons]
    seen = {mutant.key for mutant in survivors}
    stale = [key for key in reasons if key not in seen and key[0] in modules]
    for name in modules:
        counts = Counter(mutant.killed for mutant in mutants if mutant.module == name)
        print(f"{name}: {counts.total()} mutants, {counts[True]} killed, {counts[False]} survived")
    for mutant in unexplained:
        print(f"\nno test sees this in {mutant.module}:\n  - {mutant.before}\n  + {mutant.after}")
    for module, before, after in stale:
        print(f"\nexplained, but no longer there in {module}:\n  - {before}\n  + {after}")
    print(f"\n{len(survivors)} survivors, {len(unexplained)} of them without a written reason")
    return 1 if unexplained or stale else 0


def read_reasons() -> dict[tuple[str, str, str], str]:
    """Give why a mutant may survive, by module and the line before and after."""
    entries = tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", [])
    return {
        (each["module"], each["before"], after): each["why"]
        for each in entries
        for after in each["after"]
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m devtools.mutants")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(MODULES))
    asked = parser.parse_args().modules or list(MODULES)
    if unknown := set(asked) - set(MODULES):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(MODULES)}")
    sys.exit(main(asked))

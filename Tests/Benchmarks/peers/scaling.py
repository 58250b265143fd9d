"""Whole machine: two threads over the sum of one thread on each of two cores, in turns.

    scaling.py HASHIFLEX [--size 224] [--model FILE] [--isa TIER] [--cpus 0,1] [--rounds 7] [--seconds 1] [--json FILE]
"""
import argparse
import json
import statistics
import subprocess


def rate(options, cpus):
    command = ["taskset", "-c", ",".join(cpus), options.hashiflex, "bench", "engine", "--threads", str(len(cpus)),
               "--windows", "3", "--seconds", str(options.seconds / 3), "--json"]
    for flag in ("model", "size", "isa"):
        value = getattr(options, flag)
        command += [f"--{flag}", str(value)] if value else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["images_per_second"]["median"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hashiflex")
    parser.add_argument("--size", type=int)
    parser.add_argument("--model")
    parser.add_argument("--isa")
    parser.add_argument("--cpus", default="0,1")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--json")
    options = parser.parse_args()
    cpus, rounds = options.cpus.split(","), []
    for _ in range(options.rounds):
        single = [rate(options, [cpu]) for cpu in cpus]
        together = rate(options, cpus)
        rounds.append({"single": single, "together": together, "ratio": together / sum(single)})
        print("  ".join(f"{one:,.0f}" for one in single), f" together {together:,.0f}, ratio "
              f"{rounds[-1]['ratio']:.3f}", flush=True)
    every = [one["ratio"] for one in rounds]
    print(f"threads together / sum of one at a time: {statistics.median(every):.3f} ({min(every):.3f} to "
          f"{max(every):.3f}), {options.rounds} rounds of {options.seconds} s")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rounds, file, indent=1)


if __name__ == "__main__":
    main()

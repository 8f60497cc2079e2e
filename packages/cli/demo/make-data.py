"""Makes coffee.csv: half a year of invented sales in three coffee shops, the same on every machine."""

import csv
import math
import random
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2025, 1, 1)
DAYS = 182
NEW_BAKER = date(2025, 4, 7)  # from this day on the Harbour shop sells more pastries
# Cups and pastries on a dry weekday at 10 degrees, and what a weekend multiplies them by.
SHOPS = {
    "Harbour": {"hot": 210, "cold": 60, "pastries": 88, "weekend": 1.35},
    "Station": {"hot": 290, "cold": 70, "pastries": 120, "weekend": 0.62},
    "Old Town": {"hot": 165, "cold": 48, "pastries": 95, "weekend": 1.18},
}
MISSPELT = {"Harbour": "harbour ", "Station": "STATION", "Old Town": "old town"}


def rows(rng):
    drift = 0.0  # weather keeps to itself for some days
    for day in range(DAYS):
        today = FIRST_DAY + timedelta(days=day)
        drift = 0.75 * drift + rng.gauss(0, 2.2)
        temperature = round(9.5 - 8.5 * math.cos(2 * math.pi * (day - 18) / 365) + drift, 1)
        rain = round(rng.expovariate(1 / 4.5), 1) if rng.random() < 0.38 else 0.0
        for shop, usual in SHOPS.items():
            crowd = (usual["weekend"] if today.weekday() >= 5 else 1) * math.exp(rng.gauss(0, 0.06))
            crowd *= 1 - min(rain, 15) * (0.018 if shop == "Harbour" else 0.006)
            baker = 1.24 if shop == "Harbour" and today >= NEW_BAKER else 1
            yield [
                today.isoformat(),
                MISSPELT[shop] if rng.random() < 0.02 else shop,
                missing(rng, 0.025, temperature),
                rain,
                missing(rng, 0.015, round(usual["hot"] * crowd * math.exp(-0.021 * (temperature - 10)))),
                missing(rng, 0.015, round(usual["cold"] * crowd * math.exp(0.062 * (temperature - 10)))),
                missing(rng, 0.010, round(usual["pastries"] * crowd * baker * math.exp(rng.gauss(0, 0.09)))),
            ]


def missing(rng, share, value):
    return "" if rng.random() < share else value


if __name__ == "__main__":
    with Path(__file__).with_name("coffee.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["date", "shop", "temperature_c", "rain_mm", "hot_cups", "cold_cups", "pastries"])
        writer.writerows(rows(random.Random(2025)))

import csv

with open("cost_data_with_errors.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
print(len(rows), "storms")

empty = [row for row in rows if row["min_p"] == ""]
for row in empty[:3]:
    print(row["name"], row["year"])
print(f"@null_entries_count[{len(empty)}]")

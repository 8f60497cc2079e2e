import pandas as pd

titanic = pd.read_csv("titanic.csv")
fare = titanic["Fare"]
z_scores = (fare - fare.mean()) / fare.std()
kept = titanic[z_scores <= 3]
print(f"Removed {len(titanic) - len(kept)} of {len(titanic)}")
print(f"@number_of_entries_left[{len(kept)}]")

import pandas as pd

loans = pd.read_csv("test_Y3wMUE5_7gLdaTN.csv")
loans["TotalIncome"] = loans["ApplicantIncome"] + loans["CoapplicantIncome"]
print(loans[["ApplicantIncome", "CoapplicantIncome", "TotalIncome"]].describe())

mean = loans["TotalIncome"].mean()
std = loans["TotalIncome"].std()
print(f"@mean_total_income[{mean:.2f}] @std_dev_total_income[{std:.2f}]")

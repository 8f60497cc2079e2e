import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split

df = pd.read_csv("insurance.csv").dropna(subset=["age", "bmi", "charges"])
X_train, X_test, y_train, y_test = train_test_split(
    df[["age", "bmi"]], df["charges"], test_size=0.2, random_state=42
)
print(X_train.shape, X_test.shape)

model = LinearRegression()
model.fit(X_train, y_train)
print("Coefficients:", model.coef_.round(3))

rmse = np.sqrt(mean_squared_error(y_test, model.predict(X_test)))
print(f"@model_rmse[{rmse:.2f}]")

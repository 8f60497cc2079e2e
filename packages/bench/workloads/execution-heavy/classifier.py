# Which customers leave? Three classifiers, cross-validated
import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split

X, y = make_classification(n_samples=6_000, n_features=20, n_informative=8, random_state=4)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=4)
print("training on", X_train.shape, "share of leavers", np.round(y_train.mean(), 3))

scores = {}
scores["logistic"] = cross_val_score(LogisticRegression(max_iter=500), X_train, y_train, cv=5).mean()
print("logistic regression:", round(scores["logistic"], 4))

forest = RandomForestClassifier(n_estimators=120, random_state=4)
scores["forest"] = cross_val_score(forest, X_train, y_train, cv=3).mean()
print("random forest:", round(scores["forest"], 4))

boosting = GradientBoostingClassifier(n_estimators=120, random_state=4)
scores["boosting"] = cross_val_score(boosting, X_train, y_train, cv=3).mean()
print("gradient boosting:", round(scores["boosting"], 4))

best = max(scores, key=scores.get)
model = {"forest": forest, "boosting": boosting}.get(best, LogisticRegression(max_iter=500))
model.fit(X_train, y_train)
print(best, "on unseen customers:", round(model.score(X_test, y_test), 4))
print(pd.Series(scores).sort_values(ascending=False).round(3))

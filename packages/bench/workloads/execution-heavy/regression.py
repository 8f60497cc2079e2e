# Predict a house's energy use: ridge regression against a polynomial one, cross-validated
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(21)
n, features = 6_000, 14
X = rng.standard_normal((n, features))
weights = rng.standard_normal(features)
y = X @ weights + 0.8 * X[:, 0] * X[:, 1] - 0.5 * X[:, 2] ** 2 + rng.normal(0, 1.0, n)
print("data:", X.shape, y.shape)


def pairs(X):
    """All products of two features beside the features themselves."""
    i, j = np.triu_indices(X.shape[1])
    return np.hstack([X, X[:, i] * X[:, j]])


def ridge(X, y, penalty):
    A = X.T @ X + penalty * np.eye(X.shape[1])
    return np.linalg.solve(A, X.T @ y)


def cross_validated(X, y, penalty, folds=10):
    errors = []
    for fold in np.array_split(np.arange(len(y)), folds):
        train = np.setdiff1d(np.arange(len(y)), fold)
        w = ridge(X[train], y[train], penalty)
        errors.append(np.mean((X[fold] @ w - y[fold]) ** 2))
    return float(np.mean(errors))


penalties = np.logspace(-2, 4, 6)

# Linear first
linear = [cross_validated(X, y, p) for p in penalties]
print("linear:", np.round(linear, 3))

# Then with products, which costs more
Z = pairs(X)
print("with products:", Z.shape)
polynomial = [cross_validated(Z, y, p) for p in penalties]
print("polynomial:", np.round(polynomial, 3))

fig, ax = plt.subplots(figsize=(6, 4))
ax.semilogx(penalties, linear, marker="o", label="linear")
ax.semilogx(penalties, polynomial, marker="o", label="with products")
ax.set_xlabel("penalty")
ax.set_ylabel("mean squared error")
ax.legend()
plt.show()

best = penalties[int(np.argmin(polynomial))]
print(f"best penalty {best:.3g}, error {min(polynomial):.3f}")

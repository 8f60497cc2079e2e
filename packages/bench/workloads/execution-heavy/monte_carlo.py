# Price a basket option by simulation, and see how the estimate settles
import numpy as np

rng = np.random.default_rng(11)
spot = np.array([100.0, 95.0, 110.0, 105.0])
volatility = np.array([0.20, 0.25, 0.18, 0.30])
correlation = np.full((4, 4), 0.4) + 0.6 * np.eye(4)
factor = np.linalg.cholesky(correlation)
rate, years, steps, strike = 0.03, 1.0, 50, 102.0

# All paths at once, one time step after the other
paths = 60_000
dt = years / steps
log_price = np.tile(np.log(spot), (paths, 1))
for _ in range(steps):
    shocks = rng.standard_normal((paths, 4)) @ factor.T
    log_price += (rate - 0.5 * volatility**2) * dt + volatility * np.sqrt(dt) * shocks
print("simulated", log_price.shape)

basket = np.exp(log_price).mean(axis=1)
payoff = np.exp(-rate * years) * np.maximum(basket - strike, 0)
error = payoff.std(ddof=1) / np.sqrt(paths)
print(f"call: {payoff.mean():.3f} ± {1.96 * error:.3f}")

# The same with antithetic paths, for less noise
log_price = np.tile(np.log(spot), (paths, 1))
mirrored = log_price.copy()
for _ in range(steps):
    shocks = rng.standard_normal((paths, 4)) @ factor.T
    drift = (rate - 0.5 * volatility**2) * dt
    log_price += drift + volatility * np.sqrt(dt) * shocks
    mirrored += drift - volatility * np.sqrt(dt) * shocks
pairs = (np.exp(log_price).mean(axis=1), np.exp(mirrored).mean(axis=1))
both = sum(np.maximum(prices - strike, 0) for prices in pairs) / 2 * np.exp(-rate * years)
print(f"antithetic: {both.mean():.3f} ± {1.96 * both.std(ddof=1) / np.sqrt(paths):.3f}")

for count in (1_000, 10_000, paths):
    print(f"after {count:>6} paths: {payoff[:count].mean():.3f}")

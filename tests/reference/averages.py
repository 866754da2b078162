"""What a market measures of its own price (price.md, Averages; margin.md, Measured margin)."""

from units import PPM, clamp, div_ceil, div_floor, sqrt_ceil, sqrt_floor

# Averages of the price are in 2^-13 of its unit; weights and ranges are parts of 2^32.
FINER = 1 << 13
ONE = 1 << 32
# Measured margin is in 1/3600 ppm.
UNITS_PER_PPM = 3_600

SAMPLE_SECONDS, LONGEST_SAMPLE, LONGEST_AVERAGED = 15, 30, 60
# For the slow variance a sample covers up to an hour, for the settlement average a price ten minutes.
LONGEST_SLOW_SAMPLE, LONGEST_SETTLEMENT = 3_600, 600
LONGEST_RISE, LONGEST_FALL = 60, 86_400

# ⌊10^6 · √31 557 600 / 16⌋, 351 100 947 in the text.
DRIFT_DIVISOR = div_floor(sqrt_floor(PPM * PPM * 31_557_600), 16)
LARGEST_SAMPLE = 10**8


def is_at_most_kept(number, half_life, seconds):
    """Whether `number + 1/2` is at most `2^32 · 2^(−seconds / half_life)`, in whole numbers."""
    return (2 * number + 1) ** half_life << seconds <= (2 * ONE) ** half_life


def weight(half_life, seconds, known={}):
    """`2^32 − ⌊2^32 · 2^(−seconds / half_life) + 1/2⌋`, exactly: the nearest whole number is searched for."""
    if (half_life, seconds) not in known:
        # The smallest number of which half more is above what is kept.
        low, high = 0, ONE
        while low < high:
            middle = (low + high) // 2
            if is_at_most_kept(middle, half_life, seconds):
                low = middle + 1
            else:
                high = middle
        known[half_life, seconds] = ONE - low
    return known[half_life, seconds]


def limit(price, volatility):
    """How far from the average a price counts: 16 standard deviations of one second."""
    return div_ceil(price * div_floor(ONE * volatility, DRIFT_DIVISOR), ONE)


def take_into_averages(market, price, published):
    """An accepted price enters; the market's cache still has the one before."""
    averages, parameters, before = market.averages, market.parameters, market.price
    if averages.sample_price == 0:
        averages.fast_average = averages.settlement_average = price * FINER
        averages.sample_price = averages.sample_high = averages.sample_low = price
        averages.sampled_at = published
        averages.measured_margin = smallest_margin(parameters)
        return
    elapsed = published - before.published
    expected = max(averages.fast_volatility, parameters.volatility)
    average_price(averages, before.price, elapsed, expected)
    averages.sample_high = max(averages.sample_high, price)
    averages.sample_low = min(averages.sample_low, price)
    if published - averages.sampled_at >= SAMPLE_SECONDS:
        take_sample(averages, parameters, price, published - averages.sampled_at, expected)
        averages.sampled_at = published
    distance = div_ceil(abs(price * FINER - averages.fast_average), FINER)
    averages.drift = min(distance, limit(price, max(averages.fast_volatility, parameters.volatility)))
    averages.measured_margin = moved_margin(averages, parameters, elapsed)


def average_price(averages, price, elapsed, expected):
    seconds = min(elapsed, LONGEST_SETTLEMENT)
    most = FINER * limit(price, expected) * sqrt_ceil(seconds)
    taken_in = averages.fast_average + clamp(price * FINER - averages.fast_average, -most, most)

    def moved(average, half_life, seconds):
        step = div_floor(abs(taken_in - average) * weight(half_life, seconds), ONE)
        return average + step if taken_in > average else average - step

    averages.fast_average = moved(averages.fast_average, 60, min(seconds, LONGEST_AVERAGED))
    by_minutes = moved(averages.settlement_average, 600, seconds - seconds % 60)
    averages.settlement_average = moved(by_minutes, 600, seconds % 60)


def volatility_of_one(seconds):
    """The volatility of which a range of one in so many seconds is a sample, in ppm per √year."""
    return sqrt_floor(div_floor(315_576 * 10**18, 14_884 * seconds))


def take_sample(averages, parameters, price, passed, expected):
    start, high, low = averages.sample_price, averages.sample_high, averages.sample_low
    if high * low >= start * start:
        measured = div_ceil(ONE * (high - start), start)
    else:
        measured = div_ceil(ONE * (start - low), low)
    measured, seconds = min(measured, ONE), min(passed, LONGEST_SAMPLE)
    found = div_ceil(measured * volatility_of_one(seconds), ONE)
    clip = min(8 * expected, LARGEST_SAMPLE)
    reached = price
    if found > clip:
        reach = max(1, div_floor(start * div_floor(ONE * clip, volatility_of_one(seconds)), ONE))
        reached = clamp(price, start - reach, start + reach)
    averages.sample_price = averages.sample_high = averages.sample_low = reached

    fast = steady = min(found, clip)
    if passed > LONGEST_SAMPLE:
        in_half_minutes = min(passed - passed % 30, LONGEST_SLOW_SAMPLE)
        steady = min(fast, div_ceil(measured * volatility_of_one(in_half_minutes), ONE))
    slow = min(steady, max(6 * parameters.volatility, 2 * averages.slow_volatility))
    averages.fast_variance = mixed(averages.fast_variance, fast * fast, weight(120, seconds))
    averages.slow_variance = mixed(averages.slow_variance, slow * slow, weight(600, seconds))
    averages.fast_volatility = sqrt_ceil(averages.fast_variance)
    averages.slow_volatility = sqrt_ceil(averages.slow_variance)


def mixed(old, new, part):
    return div_ceil(old * (ONE - part) + new * part, ONE)


def has_measured_margin(parameters):
    return parameters.measured_weight > 0 and parameters.volatility > 0


def smallest_margin(parameters):
    return UNITS_PER_PPM * parameters.base_margin if has_measured_margin(parameters) else 0


def moved_margin(averages, parameters, elapsed):
    """The measured margin in 1/3600 ppm, a step nearer to what the slow volatility calls for."""
    if not has_measured_margin(parameters):
        return 0
    at_listed = div_ceil(parameters.base_margin * parameters.measured_weight, PPM)
    called_for = div_ceil(at_listed * averages.slow_volatility, parameters.volatility)
    target = UNITS_PER_PPM * max(parameters.base_margin, min(parameters.measured_limit, called_for))
    if target >= averages.measured_margin:
        return min(target, averages.measured_margin + parameters.ramp_up * min(elapsed, LONGEST_RISE))
    return max(target, averages.measured_margin - parameters.ramp_down * min(elapsed, LONGEST_FALL))

/* log(p / (1 - p)), the inverse of the logistic function; log1p((2p - 1) / (1 - p)) near its zero at 1/2. */
static double gradc_logit(double p)
{
    return p > 0.3 && p < 0.65 ? log1p((2.0 * (p - 0.5)) / (1.0 - p)) : log(p / (1.0 - p));
}

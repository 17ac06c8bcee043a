/*
 * Prints a word for each way in which the arithmetic of the compiler that built this program is not that of C, and
 * nothing where it is. All numbers come from memory that the compiler may not look into, so that nothing is computed
 * beforehand.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LENGTH = 64 };

static volatile double given_zero = 0.0, given_minus_zero = -0.0, given_one = 1.0, given_two = 2.0, given_three = 3.0;
static volatile double given_five = 5.0, given_ten = 10.0, given_big = 1e16;
static volatile float given_three_f = 3.0f, given_five_f = 5.0f;
static volatile uint64_t given_nan_bits = 0x7ff8000000000000u, given_infinity_bits = 0x7ff0000000000000u;
static volatile uint64_t given_smallest_bits = 1u, given_smallest_normal_bits = 0x0010000000000000u;
static volatile uint64_t given_above_half_an_ulp_bits = 0x3ca0000800000000u;
static volatile uint32_t given_smallest_normal_bits_f = 0x00800000u;

static uint64_t bits(double x)
{
    uint64_t word = 0;
    memcpy(&word, &x, sizeof x < sizeof word ? sizeof x : sizeof word);
    return word;
}

static uint32_t bits_f(float x)
{
    uint32_t word = 0;
    memcpy(&word, &x, sizeof word);
    return word;
}

static double number(uint64_t word)
{
    double x = 0;
    memcpy(&x, &word, sizeof x < sizeof word ? sizeof x : sizeof word);
    return x;
}

static float number_f(uint32_t word)
{
    float x;
    memcpy(&x, &word, sizeof x);
    return x;
}

static int same(double x, uint64_t word)
{
    return bits(x) == word;
}

static int is_nan(double x)
{
    return (bits(x) & 0x7fffffffffffffffu) > 0x7ff0000000000000u;
}

/* What compilers say of themselves. */
static int told(void)
{
#if defined __FAST_MATH__ || defined __ASSOCIATIVE_MATH__ || defined __RECIPROCAL_MATH__ \
    || defined __NO_SIGNED_ZEROS__
    return 0;
#elif defined __FINITE_MATH_ONLY__ && __FINITE_MATH_ONLY__ > 0
    return 0;
#else
    return 1;
#endif
}

static int formats(void)
{
    return sizeof(double) == 8 && sizeof(float) == 4 && DBL_MANT_DIG == 53 && FLT_MANT_DIG == 24;
}

static int nans(void)
{
    const double x = number(given_nan_bits), one = given_one;
    double a[LENGTH];
    int count = 0;
    for (int i = 0; i < LENGTH; i++)
        a[i] = i % 2 ? x : one;
    for (int i = 0; i < LENGTH; i++)
        count += isnan(a[i]) ? 1 : 0;
    return count == LENGTH / 2 && x != x && !(x == x) && isnan(x) && !(x <= one) && !(x > one) && !(x < one)
        && !(x >= one)
        && is_nan(x * 0.0) && is_nan(x - x) && bits(x > one ? x : one) == bits(one);
}

static int infinities(void)
{
    const double x = number(given_infinity_bits), one = given_one, zero = given_zero;
    return isinf(x) && x > DBL_MAX && x == x + one && is_nan(x - x) && is_nan(x * 0.0) && is_nan(x / x)
        && is_nan(zero / zero)
        && same(one / x, 0) && same(one / zero, 0x7ff0000000000000u);
}

static int signed_zeros(void)
{
    const double zero = given_zero, minus_zero = given_minus_zero, one = given_one, other = given_three - given_two;
    return same(minus_zero + 0.0, 0) && same(0.0 - zero, 0) && same(-(one - other), 0x8000000000000000u)
        && same(-one * 0.0, 0x8000000000000000u) && same(minus_zero, 0x8000000000000000u);
}

static int order(void)
{
    const double one = given_one, big = given_big;
    double a[LENGTH], sum = 0, product = 1;
    volatile double one_by_one = 0, factors = 1;
    for (int i = 0; i < LENGTH; i++)
        a[i] = i % 3 == 0 ? big : i % 3 == 1 ? one / (i + 1) : -big;
    for (int i = 0; i < LENGTH; i++)
        sum += a[i];
    for (int i = 0; i < LENGTH; i++)
        one_by_one = one_by_one + a[i];
    for (int i = 0; i < LENGTH; i++)
        a[i] = one + one / (i + 3);
    for (int i = 0; i < LENGTH; i++)
        product *= a[i];
    for (int i = 0; i < LENGTH; i++)
        factors = factors * a[i];
    return same((one + 1e16) - 1e16, 0) && same((big + one) - big, 0) && same((one - big) + big, 0)
        && same(sum, bits(one_by_one)) && same(product, bits(factors));
}

static int quotients(void)
{
    const double five = given_five, three = given_three, two = given_two;
    const float five_f = given_five_f, three_f = given_three_f;
    double a[LENGTH];
    float b[LENGTH];
    int right = 1;
    for (int i = 0; i < LENGTH; i++) {
        a[i] = five;
        b[i] = five_f;
    }
    for (int i = 0; i < LENGTH; i++) {
        a[i] /= three;
        b[i] /= three_f;
    }
    for (int i = 0; i < LENGTH; i++)
        right &= same(a[i], 0x3ffaaaaaaaaaaaabu) && bits_f(b[i]) == 0x3fd55555u;
    return right && same(five / 3.0, 0x3ffaaaaaaaaaaaabu) && same(five / three, 0x3ffaaaaaaaaaaaabu)
        && same(sqrt(two), 0x3ff6a09e667f3bcdu) && bits_f(sqrtf((float)two)) == 0x3fb504f3u;
}

static int subnormals(void)
{
    const double smallest = number(given_smallest_bits), normal = number(given_smallest_normal_bits), two = given_two;
    const float normal_f = number_f(given_smallest_normal_bits_f), two_f = (float)given_two;
    double a[LENGTH];
    int right = 1;
    for (int i = 0; i < LENGTH; i++)
        a[i] = normal;
    for (int i = 0; i < LENGTH; i++)
        a[i] /= two;
    for (int i = 0; i < LENGTH; i++)
        right &= same(a[i], 0x0008000000000000u);
    return right && smallest > given_zero && same(smallest * two, 2) && same(smallest / two, 0)
        && bits_f(normal_f / two_f) == 0x00400000u;
}

static int constants(void)
{
    return same(0.1, bits(given_one / given_ten)) && same(0.7, 0x3fe6666666666666u);
}

/* A sum that is rounded to more digits first, and then to double, is 1. */
static int roundings(void)
{
    return same(given_one + number(given_above_half_an_ulp_bits), 0x3ff0000000000001u);
}

/* What vectorised loops call must be there when the program is linked. */
static int functions(void)
{
    const double zero = given_zero;
    double a[LENGTH], sum = 0;
    for (int i = 0; i < LENGTH; i++)
        a[i] = zero;
    for (int i = 0; i < LENGTH; i++)
        a[i] = exp(a[i]);
    for (int i = 0; i < LENGTH; i++)
        sum += a[i];
    return same(sum, bits(LENGTH * given_one));
}

int main(void)
{
    const struct {
        const char *name;
        int right;
    } parts[] = {
        {"formats", formats()},       {"NaN", nans()},
        {"infinity", infinities()},   {"signed zeros", signed_zeros()},
        {"order of sums", order()},   {"quotients and roots", quotients()},
        {"subnormals", subnormals()}, {"constants", constants()},
        {"rounding", roundings()},    {"functions", functions()},
        {"what the compiler says of itself", told()},
    };
    const char *between = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i].right) {
            printf("%s%s", between, parts[i].name);
            between = ", ";
        }
    puts("");
    return 0;
}

/* negative_binomial: the loss, and its derivatives.
 *
 *     def program(w: real[d], log_alpha: real, X: real[n, d], y: real[n]):
 *         r = exp(-log_alpha)
 *         t0 = gammaln(r)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](let(s0 := log_alpha + t1[i], gammaln_difference(r + y[i], 1 - r) + (t0 + (r * logaddexp(0, s0) + y[i] * logaddexp(0, -s0)))))
 *         value = t2 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#define GRADC_TILE 128  /* the most rows of a tile */
#define GRADC_PARTS 16  /* the most parts that rows go in, for threads to share */

/* Long straight-line code is cut into functions, which are not joined again: compilers' time grows faster than a function. */
#if defined(__GNUC__)
#define GRADC_APART __attribute__((noinline))
#else
#define GRADC_APART
#endif

#include "negative_binomial.h"

/* More bytes than this no work space has: half of what addresses reach. */
#define GRADC_MOST ((double)(SIZE_MAX / 2))

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / GRADC_TILE ? work / least : (double)rows / GRADC_TILE;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / GRADC_TILE * part / parts * GRADC_TILE;
}

/* Calls rows(context, part, thread) for each part: through the function that GRADC_TEAM names, with OpenMP, or in order. No
 * two calls at one time have the same thread, which is less than `parts`. */
#if defined(GRADC_TEAM)
void GRADC_TEAM(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context);
#elif defined(_OPENMP)
#include <omp.h>
#endif
static void gradc_run(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context)
{
#if defined(GRADC_TEAM)
    GRADC_TEAM(parts, rows, context);
#elif defined(_OPENMP)
    const int threads = parts < omp_get_max_threads() ? (int)parts : omp_get_max_threads();
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t part = 0; part < parts; ++part) {
        rows(context, part, omp_get_thread_num());
    }
#else
    for (int64_t part = 0; part < parts; ++part) {
        rows(context, part, 0);
    }
#endif
}

/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? GRADC_TILE : bytes < 384 ? GRADC_TILE / 2 : bytes < 768 ? GRADC_TILE / 4 : GRADC_TILE / 8;
}

/* A loop is vectorised only if what it calls is inlined, however much that is. */
#if defined(__GNUC__)
#define GRADC_INLINE __attribute__((always_inline)) static inline
#else
#define GRADC_INLINE static inline
#endif

/* The bits of a number, and the number of some bits. */
GRADC_INLINE uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

GRADC_INLINE double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

/* exp(x + low) = 2^k exp(r), r = x + low - k log(2) in [-log(2)/2, log(2)/2], for a low of less than 1. Adding 1.5
 * * 2^52 rounds to a whole number and leaves it in the last bits; 2^k is two factors, so that results below the
 * smallest normal number are rounded once. */
GRADC_INLINE double gradc_exp_sum(double x, double low)
{
    const double c = x < -1000.0 ? -1000.0 : x, y = c > 1000.0 ? 1000.0 : c;
    /* 1.5 * 2^52 + 2 * 1023 */
    const double t = (y + low) * 1.4426950408889634 + 6755399441057790.0;
    const double k = t - 6755399441057790.0;
    const double r = ((y - k * 0.6931471803691238) + low) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r
        + 2.480150457228083e-05) * r + 0.00019841269902955413) * r + 0.0013888888932253416) * r
        + 0.008333333333314638) * r + 0.04166666666657411) * r + 0.16666666666666685) * r
        + 0.5000000000000006;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + (r + r * r * p)) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}

/* exp(x). */
GRADC_INLINE double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}

/* 1 where an argument of Gamma(x + y)/Gamma(x) is not above 0, which takes reflections, else 0. */
GRADC_INLINE double gradc_far_gamma(double x, double y)
{
    return x <= 0.0 ? 1.0 : x + y <= 0.0 ? 1.0 : 0.0;
}

/* x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): gives f. Subnormal numbers are scaled by 2^54, and the
 * exponent's bits become a number as the last bits of 2^52. */
GRADC_INLINE double gradc_split(double x, double *k)
{
    const double tiny = x < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const uint64_t t = gradc_bits(tiny != 0.0 ? x * 18014398509481984.0 : x) + 0x00095f6200000000; /* 1 - sqrt(1/2) */
    *k = gradc_number(t >> 52 | 0x4330000000000000) - (tiny != 0.0 ? 4503599627371573.0 : 4503599627371519.0);
    return gradc_number((t & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
}

/* log(1 + f) + low, 1 + f in [sqrt(1/2), sqrt(2)): with s = f / (2 + f) it is 2 atanh(s) = f - f^2/2 + s (f^2/2 +
 * s^2 P(s^2)), whose first term is exact. */
GRADC_INLINE double gradc_log1p_near(double f, double low)
{
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z
        + 0.22222198567102774) * z + 0.2857142874243524) * z + 0.39999999999414526) * z
        + 0.6666666666666734;
    return f - (h - (s * (h + z * p) + low));
}

/* log(x) = k log(2) + log(1 + f). */
GRADC_INLINE double gradc_log(double x)
{
    double k;
    const double f = gradc_split(x, &k);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    return x > 0.0 ? x < INFINITY ? y : x : x == 0.0 ? -INFINITY : NAN;
}

/* log(1 + x) = k log(2) + log(1 + f), as gradc_log: k is that of the rounded sum, but f = 2^-k x + (2^-k - 1) has
 * no rounding that matters. Four times 2^-k is normal for every k. */
GRADC_INLINE double gradc_log1p(double x)
{
    const uint64_t e = (gradc_bits(1.0 + x) + 0x00095f6200000000) >> 52; /* k + 1023 */
    const double k = gradc_number(e | 0x4330000000000000) - 4503599627371519.0;
    const double scale = gradc_number((2048 - e) << 52);
    const double f = (x * scale) * 0.25 + (0.25 * scale - 1.0);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    const double w = fabs(x) < 1e-17 ? x : y;
    return x > -1.0 ? x < INFINITY ? w : x : x == -1.0 ? -INFINITY : NAN;
}

/* log(Gamma(x + y) / Gamma(x)) for x, x + y > 0, in terms that have y as a factor: by Stirling's series (DLMF 5.11.1),
 * after eight steps of the recurrence where the lesser argument is below 8, whose product is the polynomial of
 * gradc_psi_rise. */
GRADC_INLINE double gradc_gamma_ratio(double x, double y)
{
    const double step = fabs(y), low = y < 0.0 ? x + y : x, high = low + step, up = low < 8.0 ? 8.0 : 0.0;
    const double l = low + up, h = high + up, v = 1.0 / l, w = 1.0 / h, zl = v * v, zh = w * w;
    /* coefficients: stirling */
    const double c0 = 0.0833333333333333, c1 = -0.0027777777776099803, c2 = 0.0007936506668549837,
                 c3 = -0.0005952029359390429, c4 = 0.0008373083310125159, c5 = -0.0016532365018891602;
    /* the polynomial at zl, and its divided difference */
    const double d4 = c5, p4 = c5 * zl + c4, d3 = d4 * zh + p4, p3 = p4 * zl + c3, d2 = d3 * zh + p3, p2 = p3 * zl + c2;
    const double d1 = d2 * zh + p2, p1 = p2 * zl + c1, d0 = d1 * zh + p1, p0 = p1 * zl + c0;
    const double tail = step * (v * w) * (p0 + w * (v + w) * d0);
    /* the recurrence: the product at high over that at low, less 1 */
    const double most = 1e30, c = high < most ? high : most, s = step < most ? step : most, a = low < 8.0 ? low : 8.0;
    const double ul = a * (a + 7.0), uh = c * (c + 7.0), bottom = ((ul + 28.0) * ul + 252.0) * ul + 720.0;
    const double e2 = uh + (ul + 28.0), e1 = e2 * uh + ((ul + 28.0) * ul + 252.0), e0 = e1 * uh + bottom;
    const double more = low < 8.0 ? s * (c + a + 7.0) / ul * (e0 / bottom) : 0.0;
    const double value = step * gradc_log(h) + ((l - 0.5) * gradc_log1p(step * v) - step) - tail - gradc_log1p(more);
    return y < 0.0 ? -value : value;
}

/* log(1 + x) for x in [0, 1], as gradc_log with k = 0. */
GRADC_INLINE double gradc_log1p_unit(double x)
{
    const double s = x / (2.0 + x), z = s * s, h = 0.5 * x * x;
    /* fit: atanh_unit of z */
    const double p = ((((((((0.17018472409223753 * z + 0.0834015966103369) * z + 0.12106072266605976) * z
        + 0.13300975451846603) * z + 0.15386559772430922) * z + 0.1818174393246199) * z
        + 0.22222223969501645) * z + 0.28571428547857886) * z + 0.4000000000015721) * z
        + 0.6666666666666631;
    return x - (h - s * (h + z * p));
}

/* psi(x) = log(x) - 1/(2 x) - sum of B_2k / (2 k x^2k) for x >= 8 (DLMF 5.11.2), economised. */
GRADC_INLINE double gradc_psi_far(double x)
{
    const double w = 1.0 / x, z = w * w;
    /* fit: psi_tail of z */
    const double p = ((((-0.01772029527568203 * z + 0.007519445586194526) * z - 0.004166222545871098) * z
        + 0.0039682523702314326) * z - 0.008333333331222267) * z + 0.08333333333333288;
    return gradc_log(x) - (0.5 * w + z * p);
}

/* sin(r) for |r| <= pi/4. */
GRADC_INLINE double gradc_sin_near(double r)
{
    const double z = r * r;
    /* fit: sin of z */
    const double p = ((((1.5896685558378755e-10 * z - 2.5050756327532975e-08) * z + 2.7557313681325e-06) * z
        - 0.00019841269829780147) * z + 0.008333333333322384) * z - 0.16666666666666632;
    return r + r * z * p;
}

/* cos(r) for |r| <= pi/4: 1 - r^2/2, whose rounding is added again, and the rest. */
GRADC_INLINE double gradc_cos_near(double r)
{
    const double z = r * r, h = 0.5 * z, w = 1.0 - h;
    /* fit: cos of z */
    const double p = ((((-1.135965574551564e-11 * z + 2.08757236567661e-09) * z - 2.755731435720736e-07) * z
        + 2.480158728950799e-05) * z - 0.0013888888888874183) * z + 0.0416666666666666;
    return w + (((1.0 - w) - h) + z * z * p);
}

/* pi cot(pi x) for x < 0, NaN where it has a pole; x less the nearest whole number is exact. */
GRADC_INLINE double gradc_psi_turn(double x)
{
    const double b = x > -4503599627370496.0 ? x : 0.0, n = (b + 6755399441055744.0) - 6755399441055744.0;
    const double r = b - n, a = fabs(r), t = 3.141592653589793 * (a > 0.25 ? 0.5 - a : a);
    const double s = gradc_sin_near(t), c = gradc_cos_near(t), cot = a > 0.25 ? s / c : c / s;
    return r == 0.0 ? NAN : 3.141592653589793 * (r < 0.0 ? -cot : cot);
}

/* psi(x), the digamma function: up to 8 the positive zero is a factor, psi(y) = (y - y0) P(u)/y with y0 in two doubles
 * and u = (y - sqrt(8))/(y + sqrt(8)); recurrence on (0, 1) and reflection below 0 (DLMF 5.5.2, 5.5.4). */
GRADC_INLINE double gradc_psi(double x)
{
    const double m = x < 0.0 ? -x : x < 1.0 ? x : x - 1.0; /* y - 1, exact up to 8 */
    const double y = 1.0 + m, b = y < 8.0 ? y : 8.0, u = (b - 2.8284271247461903) / (b + 2.8284271247461903);
    /* fit: psi of u */
    const double p = ((((((((((((((((((((((((0.18612681399066516 * u + 0.18602167978931286) * u - 0.08351739445602768) * u
        - 0.07612400269010153) * u + 0.10348322891458343) * u + 0.10156035262544805) * u
        + 0.03636784618055371) * u + 0.04092914699649217) * u + 0.06080810383112621) * u
        + 0.06394522326472026) * u + 0.06520673885850878) * u + 0.06986152746729475) * u
        + 0.07550815855370711) * u + 0.081593787958682) * u + 0.08896987811865524) * u
        + 0.09734686477593472) * u + 0.10853040229541457) * u + 0.12033631049754508) * u
        + 0.13983989355412474) * u + 0.15619329817076463) * u + 0.19901138146625505) * u
        + 0.21812951333753458) * u + 0.3492569337010576) * u + 0.35178350292485655) * u
        + 1.1808583912337565) * u + 1.7644638934289365;
    const double near = ((m - 0.46163214496836236) - -1.5522348162858677e-17) * p / b;
    const double far = gradc_psi_far(x < 8.0 ? y : x), value = y < 8.0 ? near : far;
    const double lower = x < 0.0 ? gradc_psi_turn(x < 0.0 ? x : -0.5) : 1.0 / x;
    return x < 1.0 ? x == 0.0 ? -lower : value - lower : x < INFINITY ? value : x;
}

/* psi(x + y) - psi(x) for x, x + y > 0, in terms that have y as a factor, all of the same sign: by psi's asymptotic
 * series (DLMF 5.11.2), after eight steps of the recurrence where the lesser argument is below 8, two by two as in
 * gradc_psi_rise. */
GRADC_INLINE double gradc_psi_difference(double x, double y)
{
    const double step = fabs(y), low = y < 0.0 ? x + y : x, high = low + step, up = low < 8.0 ? 8.0 : 0.0;
    const double l = low + up, h = high + up, v = 1.0 / l, w = 1.0 / h, zl = v * v, zh = w * w;
    /* coefficients: psi_tail */
    const double c0 = 0.08333333333333288, c1 = -0.008333333331222267, c2 = 0.0039682523702314326,
                 c3 = -0.004166222545871098, c4 = 0.007519445586194526, c5 = -0.01772029527568203;
    /* the polynomial at zl, and its divided difference */
    const double d4 = c5, p4 = c5 * zl + c4, d3 = d4 * zh + p4, p3 = p4 * zl + c3, d2 = d3 * zh + p3, p2 = p3 * zl + c2;
    const double d1 = d2 * zh + p2, p1 = p2 * zl + c1, d0 = d1 * zh + p1, p0 = p1 * zl + c0, tail = d0 * zh + p0;
    /* the recurrence: 1/(l + k) - 1/(h + k) for k and 7 - k */
    const double most = 1e30, c = high < most ? high : most, s = step < most ? step : most;
    const double a = low < 8.0 ? low : 8.0, ul = a * (a + 7.0), uh = c * (c + 7.0);
    const double q0 = ul * uh, q1 = (ul + 6.0) * (uh + 6.0);
    const double q2 = (ul + 10.0) * (uh + 10.0), q3 = (ul + 12.0) * (uh + 12.0);
    const double n0 = a * c + (a + 7.0) * (c + 7.0), n1 = (a + 1.0) * (c + 1.0) + (a + 6.0) * (c + 6.0);
    const double n2 = (a + 2.0) * (c + 2.0) + (a + 5.0) * (c + 5.0), n3 = (a + 3.0) * (c + 3.0) + (a + 4.0) * (c + 4.0);
    const double sum = (n0 * q1 + n1 * q0) / (q0 * q1) + (n2 * q3 + n3 * q2) / (q2 * q3);
    const double far = gradc_log1p(step * v) + step * (v * w) * (0.5 + (v + w) * tail);
    const double value = far + (low < 8.0 ? s * sum : 0.0);
    return y < 0.0 ? -value : value;
}

/* The polynomial c[0] + c[1] t + ... + c[n-1] t^(n-1), its even and odd powers summed side by side. */
static double gradc_polynomial(const double *c, int n, double t)
{
    const double t2 = t * t;
    double even = n % 2 ? c[n - 1] : 0.0, odd = 0.0;
    int i;
    for (i = n - n % 2 - 2; i >= 0; i -= 2) {
        even = even * t2 + c[i];
        odd = odd * t2 + c[i + 1];
    }
    return even + t * odd;
}

/* psi(x) = d/dx log|gamma(x)|. On [1, 2] the positive zero is a factor, psi(x) = (x - x0) R(x) with x0 in two
 * doubles; polynomials on [2, 4] and [4, 8]; log(x) - 1/(2x) - B_2k / (2k x^2k) from 8 on, economised (DLMF
 * 5.11.2); recurrence on (0, 1) and reflection below 0 (DLMF 5.5.2, 5.5.4). Poles: psi(0) = -inf, psi(-0) = inf,
 * NaN at negative integers. */
static double gradc_digamma(double x)
{
    static const double gradc_digamma_0[] = {
        0.9510558760318328, -0.42362742128146047, 0.24054248424078736, -0.14840492305391761,
        0.09498872445283, -0.06192213327165706, 0.04076083394462657, -0.02697579684427536,
        0.017907248195969127, -0.011908215172584002, 0.007927024067961237, -0.00528001782089874,
        0.0035180800751066694, -0.002344650082351321, 0.0015635679757533885, -0.001042261556504223,
        0.0006899717801166841, -0.0004599625144612576, 0.0003268068044141764, -0.0002178682145501451,
        9.173383289174792e-05, -6.11554261750751e-05, 0.00012230983055406747, -8.153978973309418e-05,
    };
    static const double gradc_digamma_1[] = {
        0.9227843350984671, 0.39493406684822646, -0.07705690315959436, 0.019823233711138217,
        -0.005677755143366058, 0.0017180619844478504, -0.0005367773819947723, 0.0001711061979683179,
        -5.5267825392302674e-05, 1.801262758814673e-05, -5.907358013123235e-06, 1.945929605753433e-06,
        -6.430211938810789e-07, 2.1297418115106333e-07, -7.069062318489005e-08, 2.3481158346701657e-08,
        -7.752903093043211e-09, 2.579267241968924e-09, -9.147759692625141e-10, 3.046124298704505e-10,
        -6.4144390367226e-11, 2.1363796247022648e-11, -2.1332191571834103e-11, 7.108977174651833e-12,
    };
    static const double gradc_digamma_2[] = {
        1.7061176684318005, 0.18132295573711535, -0.01639486612255725, 0.0019713046987923,
        -0.00026596630592133137, 3.817924696766235e-05, -5.6948548454377025e-06, 8.716186018596205e-07,
        -1.3586539061614036e-07, 2.1465700043993997e-08, -3.4262720152645286e-09, 5.512332674209807e-10,
        -8.924177143602937e-11, 1.4524687818949358e-11, -2.3728023701308194e-12, 3.8693346593790523e-13,
        -6.358645225478366e-14, 1.1023583469196389e-14, -1.8196118097640648e-15, 2.0417990782850773e-16,
        -3.373435776456977e-17, 1.5243352337420053e-17, -2.5297724320396582e-18,
    };
    static const double gradc_digamma_tail[] = {
        0.08333333333333333, -0.008333333333331664, 0.003968253965999701, -0.004166665501516725,
        0.007575459920369176, -0.02105106090804774, 0.08002337465397756, -0.299425370626735,
    };
    const int n0 = (int)(sizeof gradc_digamma_0 / sizeof(double)), n1 = (int)(sizeof gradc_digamma_1 / sizeof(double));
    const int n2 = (int)(sizeof gradc_digamma_2 / sizeof(double));
    const int nt = (int)(sizeof gradc_digamma_tail / sizeof(double));
    const double pi = 3.14159265358979323846;
    /* x0 - 1, x0 = 1.4616321449683623412626595423257213... */
    const double root = 0.46163214496836236, root_low = -1.5522348162858677e-17;
    double offset = 0.0, y = x, r, s;
    if (isnan(x) || x == INFINITY)
        return x;
    if (x == 0.0)
        return copysign(INFINITY, -x);
    if (x < 0.0) {
        r = x - floor(x + 0.5); /* x - its nearest integer, exact */
        if (isinf(x) || r == 0.0)
            return NAN;
        /* psi(x) = psi(1 - x) - pi cot(pi x) */
        offset = fabs(r) <= 0.25 ? -pi / tan(pi * r) : -copysign(pi * tan(pi * (0.5 - fabs(r))), r);
        if (x > -1.0)
            return offset + ((-x - root) - root_low) * gradc_polynomial(gradc_digamma_0, n0, -x - 0.5);
        y = 1.0 - x;
    }
    if (y < 1.0)
        return ((y - root) - root_low) * gradc_polynomial(gradc_digamma_0, n0, y - 0.5) - 1.0 / y;
    if (y < 2.0)
        return ((y - 1.0 - root) - root_low) * gradc_polynomial(gradc_digamma_0, n0, y - 1.5);
    if (y < 4.0)
        return offset + gradc_polynomial(gradc_digamma_1, n1, y - 3.0);
    if (y < 8.0)
        return offset + gradc_polynomial(gradc_digamma_2, n2, y - 6.0);
    r = 1.0 / y;
    s = r * r;
    return offset + (log(y) - (0.5 * r + s * gradc_polynomial(gradc_digamma_tail, nt, s)));
}

/* psi(x + y) - psi(x), as gammaln_difference where x, x + y > 0 (DLMF 5.11.2). */
static double gradc_digamma_difference(double x, double y)
{
    double low = y < 0.0 ? x + y : x, moved = 0.0, tails[2], high, value;
    const double step = fabs(y);
    int k;
    if (isnan(x) || isnan(y))
        return NAN;
    if (low <= 0.0)
        return gradc_digamma(x + y) - gradc_digamma(x);
    while (low < 12.0) {
        moved += step / (low * (low + step));
        low += 1.0;
    }
    high = low + step;
    for (k = 0; k < 2; k++) {
        const double inverse = 1.0 / (k ? high : low), z = inverse * inverse;
        tails[k] = z
                   * (-1.0 / 12.0
                      + z * (1.0 / 120.0
                             + z * (-1.0 / 252.0
                                    + z * (1.0 / 240.0
                                           + z * (-1.0 / 132.0 + z * (691.0 / 32760.0 + z * (-1.0 / 12.0)))))));
    }
    value = log1p(step / low) + step / (2.0 * low * high) + (tails[1] - tails[0]) + moved;
    return y < 0.0 ? -value : value;
}

/* The remainder of Stirling's formula, lgamma(x) - ((x - 1/2) log(x) - x + log(2 pi)/2), for x >= 8: B_2k / (2k
 * (2k-1) x^(2k-1)) summed over k (DLMF 5.11.1), economised to a polynomial in 1/x^2. */
static double gradc_stirling(double x)
{
    static const double gradc_stirling_tail[] = {
        0.08333333333333333, -0.0027777777777776747, 0.0007936507935117282, -0.0005952380234291254,
        0.0008417325268022405, -0.001914965912162907, 0.0062081367662297935, -0.020855820837463117,
    };
    const double y = 1.0 / x;
    return y * gradc_polynomial(gradc_stirling_tail, (int)(sizeof gradc_stirling_tail / sizeof(double)), y * y);
}

/* sin(pi x): x is reduced to within 1/2 of an integer, which is exact, before it meets pi. */
static double gradc_sinpi(double x)
{
    const double n = floor(x + 0.5), r = fabs(x) < 4503599627370496.0 ? x - n : 0.0;
    const double s = fabs(r) <= 0.25 ? sin(3.14159265358979323846 * r)
                                     : copysign(cos(3.14159265358979323846 * (0.5 - fabs(r))), r);
    return n * 0.5 == floor(n * 0.5) ? s : -s;
}

/* log|gamma(x)|, without the global signgam that the C library's lgamma writes. The zeros at 1 and 2 are factors,
 * lgamma(x) = (x - 1)(x - 2) R(x), with a polynomial for R on each of [1/2, 1], [1, 2], [2, 4], [4, 8]; from 8 on
 * Stirling's formula (DLMF 5.11.1); below 1/2 recurrence and reflection (DLMF 5.5.1, 5.5.3). */
static double gradc_lgamma(double x)
{
    static const double gradc_lgamma_0[] = {
        0.6504990445801452, -0.35235940133201404, 0.2940853672244361, -0.28891120177365553,
        0.30726139434977534, -0.34197894986537564, 0.39194610226486226, -0.45856511694430363,
        0.5448303112833561, -0.6551522415961885, 0.7954832398116802, -0.9736396959210937,
        1.1999105026827217, -1.4870965072841196, 1.8473388646565838, -2.3107310048807546,
        2.994639960076686, -3.7748708687945545, 3.6614222354637915, -4.627344380816668,
        13.34970945138487, -17.034836481060527,
    };
    static const double gradc_lgamma_1[] = {
        0.4831289505409809, -0.14595989591430608, 0.06291140107456439, -0.031308487501010646,
        0.01679709863127416, -0.009425622448525798, 0.005446457839126065, -0.0032120740737152814,
        0.0019229163127905161, -0.0011644145847310124, 0.000711519067515296, -0.00043799307479613914,
        0.00027131373861446925, -0.0001689178215524898, 0.00010535512483785591, -6.614136022346414e-05,
        4.30276814976503e-05, -2.7201673025504752e-05, 1.3186019073996835e-05, -8.355075869795273e-06,
        1.2140008083973407e-05, -7.760660152513446e-06,
    };
    static const double gradc_lgamma_2[] = {
        0.34657359027997264, -0.05846821787072541, 0.013149048378158274, -0.003332280825140568,
        0.0009018012625290348, -0.0002543369955542912, 7.377669402600325e-05, -2.1837784921022328e-05,
        6.562468362194972e-06, -1.995244117673074e-06, 6.122605142148444e-07, -1.8928830694942366e-07,
        5.889077501202777e-08, -1.8413909525579304e-08, 5.766847054713479e-09, -1.8177893358497883e-09,
        5.940931022994781e-10, -1.8850383954939247e-10, 4.5638652868929084e-11, -1.4511510677747182e-11,
        1.0655287013944569e-11, -3.415524711702892e-12,
    };
    static const double gradc_lgamma_3[] = {
        0.2393745871391023, -0.02241268079100601, 0.0026500508924254453, -0.0003451366307504453,
        4.745024795161514e-05, -6.755443099837113e-06, 9.855973876379612e-07, -1.464242043702436e-07,
        2.205864105757118e-08, -3.359985353776548e-09, 5.163872758507743e-10, -7.994970407922646e-11,
        1.2456685773741891e-11, -1.9507273361066488e-12, 3.0598982497024936e-13, -4.8317573456185524e-14,
        7.915770389776223e-15, -1.2584965825115095e-15, 1.5212025199564846e-16, -2.423785524369172e-17,
        8.974158487319721e-18, -1.4417197617614964e-18,
    };
    const int n0 = (int)(sizeof gradc_lgamma_0 / sizeof(double)), n1 = (int)(sizeof gradc_lgamma_1 / sizeof(double));
    const int n2 = (int)(sizeof gradc_lgamma_2 / sizeof(double)), n3 = (int)(sizeof gradc_lgamma_3 / sizeof(double));
    const double half_log_2pi = 0.91893853320467274178;
    double offset = 0.0; /* lgamma(x) = offset + sign * lgamma(y) */
    double sign = 1.0, y = x;
    if (isnan(x) || isinf(x))
        return x;
    if (x <= -0.5) {
        if (x == floor(x))
            return INFINITY;
        y = -x;
        offset = -log(fabs(gradc_sinpi(x) * 0.31830988618379067154 * x));
        sign = -1.0;
    } else if (x < 0.5) {
        if (x == 0.0)
            return INFINITY;
        /* lgamma(1 + x) - log|x|, with 1 + x never rounded */
        return (x < 0.0 ? x * (x - 1.0) * gradc_polynomial(gradc_lgamma_0, n0, x + 0.25)
                        : x * (x - 1.0) * gradc_polynomial(gradc_lgamma_1, n1, x - 0.5)) - log(fabs(x));
    }
    if (y < 1.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_0, n0, y - 0.75);
    else if (y < 2.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_1, n1, y - 1.5);
    else if (y < 4.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_2, n2, y - 3.0);
    else if (y < 8.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_3, n3, y - 6.0);
    else
        y = (y - 0.5) * (log(y) - 1.0) + ((half_log_2pi - 0.5) + gradc_stirling(y));
    return offset + sign * y;
}

/* log(Gamma(x + y)/Gamma(x)) for x, x + y > 0: both arguments are moved up by the recurrence until Stirling's series
 * holds (DLMF 5.11.1), whose leading terms are subtracted by hand. */
static double gradc_gammaln_difference(double x, double y)
{
    double low = y < 0.0 ? x + y : x, step = fabs(y), moved = 1.0, shift = 0.0, tails[2], high, value;
    int k;
    if (isnan(x) || isnan(y))
        return NAN;
    if (low <= 0.0)
        return gradc_lgamma(x + y) - gradc_lgamma(x);
    while (low < 12.0) {
        moved *= 1.0 + step / low;
        low += 1.0;
        if (moved > 1e280) {
            shift += log(moved);
            moved = 1.0;
        }
    }
    high = low + step;
    for (k = 0; k < 2; k++) {
        const double inverse = 1.0 / (k ? high : low), z = inverse * inverse;
        tails[k] = inverse
                   * (1.0 / 12.0
                      + z * (-1.0 / 360.0
                             + z * (1.0 / 1260.0
                                    + z * (-1.0 / 1680.0
                                           + z * (1.0 / 1188.0 + z * (-691.0 / 360360.0 + z * (1.0 / 156.0)))))));
    }
    value = step * log(high) + ((low - 0.5) * log1p(step / low) - step) + (tails[1] - tails[0]);
    value -= log(moved) + shift;
    return y < 0.0 ? -value : value;
}

/* Vectors as wide as the machine's, through an extension that gcc and clang share; loads and stores need no alignment. */
#if defined(__AVX512F__)
#define GRADC_BYTES 64
#elif defined(__AVX__)
#define GRADC_BYTES 32
#else
#define GRADC_BYTES 16
#endif
#define GRADC_LANES ((int64_t)(GRADC_BYTES / sizeof(double)))

typedef double gradc_vector __attribute__((vector_size(GRADC_BYTES), aligned(sizeof(double)), may_alias));
typedef int64_t gradc_mask __attribute__((vector_size(GRADC_BYTES), aligned(sizeof(double)), may_alias));

/* z[j] += sum over i < rows of a[i, j] * x[i], a's rows contiguous: z stays in registers, a few vectors at a time. These rows
 * are in the cache; the ones that follow them are asked for meanwhile, so that memory is never idle. */
__attribute__((always_inline)) static inline void gradc_strip(
    const int wide, int64_t rows, const double *restrict a, int64_t a_row, const double *restrict x, int64_t x_step,
    double *restrict z, gradc_mask used)
{
    const uintptr_t ahead = (uintptr_t)a + (uintptr_t)(rows * a_row) * sizeof(double); /* perhaps past the array's end */
    gradc_vector even[6], odd[6];
    for (int v = 0; v < wide; ++v) {
        even[v] = odd[v] = (gradc_vector){0};
    }
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
        const double first = x[i * x_step], second = x[(i + 1) * x_step];
        for (int v = 0; v < wide; v += 64 / GRADC_BYTES) {
            __builtin_prefetch((const void *)(ahead + (uintptr_t)(i * a_row + v * GRADC_LANES) * sizeof(double)));
            __builtin_prefetch((const void *)(ahead + (uintptr_t)((i + 1) * a_row + v * GRADC_LANES) * sizeof(double)));
        }
        for (int v = 0; v < wide; ++v) {
            even[v] += first * *(const gradc_vector *)(a + i * a_row + v * GRADC_LANES);
            odd[v] += second * *(const gradc_vector *)(a + (i + 1) * a_row + v * GRADC_LANES);
        }
    }
    if (i < rows) {
        const double first = x[i * x_step];
        for (int v = 0; v < wide; ++v) {
            even[v] += first * *(const gradc_vector *)(a + i * a_row + v * GRADC_LANES);
        }
    }
    for (int v = 0; v < wide; ++v) {
        gradc_vector *place = (gradc_vector *)(z + v * GRADC_LANES);
        const gradc_vector more = even[v] + odd[v];
        *place += v + 1 == wide ? (gradc_vector)((gradc_mask)more & used) : more;
    }
}

static void gradc_combine(int64_t rows, int64_t columns, const double *restrict a, int64_t a_row,
                          const double *restrict x, int64_t x_step, double *restrict z)
{
    const int64_t last = columns - GRADC_LANES;
    gradc_mask all = {0};
    all = ~all;
    int64_t j = 0;
    for (; j + 6 * GRADC_LANES <= columns; j += 6 * GRADC_LANES) {
        gradc_strip(6, rows, a + j, a_row, x, x_step, z + j, all);
    }
    for (; j + 2 * GRADC_LANES <= columns; j += 2 * GRADC_LANES) {
        gradc_strip(2, rows, a + j, a_row, x, x_step, z + j, all);
    }
    for (; j + GRADC_LANES <= columns; j += GRADC_LANES) {
        gradc_strip(1, rows, a + j, a_row, x, x_step, z + j, all);
    }
    if (j < columns && last >= 0) { /* what overlaps is computed again, and masked out */
        for (int64_t k = 0; k < GRADC_LANES; ++k) {
            all[k] = last + k >= j ? -1 : 0;
        }
        gradc_strip(1, rows, a + last, a_row, x, x_step, z + last, all);
        return;
    }
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t k = j; k < columns; ++k) {
            z[k] += a[i * a_row + k] * x[i * x_step];
        }
    }
}

/* Adds a term to a sum, and to `low` what the sum has lost to rounding (Neumaier, Rundungsfehleranalyse einiger Verfahren zur
 * Summation endlicher Summen, ZAMM 54, 1974): the error does not grow with the number of terms. */
static inline void gradc_add(double *sum, double *low, double term)
{
    const double next = *sum + term;
    *low += fabs(*sum) >= fabs(term) ? (*sum - next) + term : (term - next) + *sum;
    *sum = next;
}

/* The sum and what it has lost; an infinite sum has lost nothing that could be known. */
static inline double gradc_rounded(double sum, double low)
{
    return low == low ? sum + low : sum;
}

#if defined(__clang__) || __GNUC__ >= 12
#define GRADC_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define GRADC_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (gradc_mask){__VA_ARGS__})
#endif

/* The sum of a vector's lanes. Halves are added as vectors of their own: a lane written by its number costs a trip through
 * memory. */
static inline double gradc_total(gradc_vector sum)
{
    typedef double quarter __attribute__((vector_size(16)));
    quarter least;
#if GRADC_BYTES == 64
    typedef double half __attribute__((vector_size(32)));
    half low, high;
    __builtin_memcpy(&low, &sum, sizeof(half));
    __builtin_memcpy(&high, (const char *)&sum + sizeof(half), sizeof(half));
    low += high;
#else
    const gradc_vector low = sum;
#endif
    __builtin_memcpy(&least, &low, sizeof(quarter));
#if GRADC_BYTES > 16
    quarter more;
    __builtin_memcpy(&more, (const char *)&low + sizeof(quarter), sizeof(quarter));
    least += more;
#endif
    const int64_t few = 16 / sizeof(double);
    return few == 2 ? least[0] + least[1] : (least[0] + least[few / 2]) + (least[1] + least[few - 1]);
}

/* The sums of as many vectors as a vector has lanes, each in a lane of its own. Two vectors become one at a time: half of
 * its lanes are sums of neighbours in the one, half in the other. */
__attribute__((always_inline)) static inline gradc_vector gradc_totals(gradc_vector *sum)
{
#if GRADC_BYTES == 64
    for (int k = 0; k < 4; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 8, 2, 10, 4, 12, 6, 14)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int k = 0; k < 2; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 1, 8, 9, 4, 5, 12, 13)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int k = 0; k < 1; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 1, 2, 3, 8, 9, 10, 11)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#elif GRADC_BYTES == 32
    for (int k = 0; k < 2; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 4, 2, 6)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 1, 5, 3, 7);
    }
    for (int k = 0; k < 1; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 1, 4, 5)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 2, 3, 6, 7);
    }
#else
    for (int k = 0; k < 1; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 2)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 1, 3);
    }
#endif
    return sum[0];
}

/* sum[r] = what lane by lane adds up to the product of a's row r with x, for as many rows as are known where it is inlined.
 * The last vector of a row overlaps the one before it, and what that one has counted is masked out. */
__attribute__((always_inline)) static inline void gradc_terms(
    const int rows, int64_t depth, const double *restrict a, int64_t a_row, const double *restrict x, gradc_mask late,
    gradc_vector *sum)
{
    const int64_t whole = depth / GRADC_LANES * GRADC_LANES, last = depth - GRADC_LANES;
    for (int r = 0; r < rows; ++r) {
        sum[r] = (gradc_vector){0};
    }
    for (int64_t j = 0; j < whole; j += GRADC_LANES) {
        const gradc_vector v = *(const gradc_vector *)(x + j);
        for (int r = 0; r < rows; ++r) {
            sum[r] += *(const gradc_vector *)(a + r * a_row + j) * v;
        }
    }
    if (whole < depth) {
        const gradc_vector v = *(const gradc_vector *)(x + last);
        for (int r = 0; r < rows; ++r) {
            const gradc_vector term = *(const gradc_vector *)(a + r * a_row + last) * v;
            sum[r] += (gradc_vector)((gradc_mask)term & late);
        }
    }
}

/* z[r] (+)= total[r]. */
static inline void gradc_keep(gradc_vector total, double *restrict z, int64_t z_row, int add)
{
    if (z_row == 1) {
        gradc_vector *place = (gradc_vector *)z;
        if (add) {
            total += *place;
        }
        *place = total;
        return;
    }
    for (int64_t r = 0; r < GRADC_LANES; ++r) {
        z[r * z_row] = (add ? z[r * z_row] : 0) + total[r];
    }
}

/* z[i] (+)= sum over j < depth of a[i, j] * x[j], a's rows contiguous: as many rows at a time as a vector has lanes, so that
 * x is loaded once for them and their sums end up in one vector. */
static void gradc_dots(int64_t rows, int64_t depth, const double *restrict a, int64_t a_row,
                       const double *restrict x, double *restrict z, int64_t z_row, int add)
{
    int64_t i = 0;
    gradc_vector sum[GRADC_LANES];
    if (depth >= GRADC_LANES) {
        gradc_mask late = {0};
        for (int64_t j = 0; j < GRADC_LANES; ++j) {
            late[j] = j >= GRADC_LANES - depth % GRADC_LANES ? -1 : 0;
        }
        for (; i + GRADC_LANES <= rows; i += GRADC_LANES) {
            gradc_terms(GRADC_LANES, depth, a + i * a_row, a_row, x, late, sum);
            gradc_keep(gradc_totals(sum), z + i * z_row, z_row, add);
        }
        for (; i < rows; ++i) {
            gradc_terms(1, depth, a + i * a_row, a_row, x, late, sum);
            z[i * z_row] = (add ? z[i * z_row] : 0) + gradc_total(sum[0]);
        }
    } else { /* rows are read with what follows them, as long as that is a row */
        double padded[GRADC_BYTES / sizeof(double)] = {0};
        gradc_mask there = {0};
        for (int64_t j = 0; j < depth; ++j) {
            padded[j] = x[j];
            there[j] = -1;
        }
        const gradc_vector factor = *(const gradc_vector *)padded;
        for (; (i + GRADC_LANES - 1) * a_row + GRADC_LANES <= (rows - 1) * a_row + depth; i += GRADC_LANES) {
            for (int r = 0; r < GRADC_LANES; ++r) {
                const gradc_vector term = *(const gradc_vector *)(a + (i + r) * a_row) * factor;
                sum[r] = (gradc_vector)((gradc_mask)term & there);
            }
            gradc_keep(gradc_totals(sum), z + i * z_row, z_row, add);
        }
    }
    for (; i < rows; ++i) {
        double sum = 0;
        for (int64_t j = 0; j < depth; ++j) {
            sum += a[i * a_row + j] * x[j];
        }
        z[i * z_row] = (add ? z[i * z_row] : 0) + sum;
    }
}

size_t negative_binomial_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 84, 0) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void negative_binomial_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      int64_t d, const double *restrict X, const double *restrict w,
                                                      double r, const double *restrict y, double log_alpha, double t0,
                                                      double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := log1p_unit(exp(-abs(s0))), s2 := -s0,
         *    gammaln_difference(r + y[i], 1 - r) + (t0 + (r * where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    s1) + y[i] * where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1))))) */
        const double v0 = 1.0 - r;
        double t2_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                far += gradc_far_gamma(r + y_i, v0);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t2_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i - tile_begin];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gamma_ratio(r + y_i, v0) + (t0 + v4);
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i - tile_begin];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gammaln_difference(r + y_i, v0) + (t0 + v4);
                }
            }
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct negative_binomial_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const double *X;
    const double *w;
    double r;
    const double *y;
    double log_alpha;
    double t0;
    double *t2_parts;
};

static GRADC_APART void negative_binomial_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_value_rows0 *const given = context;
    negative_binomial_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->d, given->X, given->w, given->r, given->y, given->log_alpha, given->t0, given->t2_parts);
}

int negative_binomial_value(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                            const double *restrict X, const double *restrict y, double *restrict value,
                            void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* r = exp(-log_alpha) */
    /* t0 = gammaln(r) */
    const double v0 = gradc_exp(-log_alpha);
    const double r = v0;
    const double t0 = gradc_lgamma(v0);
    const int64_t parts = gradc_parts(n, 3*d + 84, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct negative_binomial_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, X, w, r, y,
            log_alpha, t0, t2_parts};
        gradc_run(parts, negative_binomial_value_team0, &given);
    } else {
        negative_binomial_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, d, X, w, r, y, log_alpha, t0,
            t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    return 0;
}

size_t negative_binomial_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

static GRADC_APART void negative_binomial_forward_rows0(int64_t part, int64_t n, int64_t parts, double r,
                                                        const double *restrict y, double log_alpha,
                                                        double *restrict t1, double t0, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := log1p_unit(exp(-abs(s0))), s2 := -s0,
         *    gammaln_difference(r + y[i], 1 - r) + (t0 + (r * where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    s1) + y[i] * where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1))))) */
        const double v0 = 1.0 - r;
        double t2_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                far += gradc_far_gamma(r + y_i, v0);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t2_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gamma_ratio(r + y_i, v0) + (t0 + v4);
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gammaln_difference(r + y_i, v0) + (t0 + v4);
                }
            }
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct negative_binomial_forward_rows0 {
    int64_t n;
    int64_t parts;
    double r;
    const double *y;
    double log_alpha;
    double *t1;
    double t0;
    double *t2_parts;
};

static GRADC_APART void negative_binomial_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_forward_rows0 *const given = context;
    (void)thread;
    negative_binomial_forward_rows0(part, given->n, given->parts, given->r, given->y, given->log_alpha, given->t1,
        given->t0, given->t2_parts);
}

int negative_binomial_forward(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                              const double *restrict X, const double *restrict y, double *restrict value,
                              double *restrict r, double *restrict t1, void *restrict work)
{
    (void)work;

    /* r = exp(-log_alpha) */
    /* t0 = gammaln(r) */
    const double v0 = gradc_exp(-log_alpha);
    const double r_ = v0;
    const double t0 = gradc_lgamma(v0);
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = 0.0;
    }

    /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, t1, 1, 1);
    const int64_t parts = gradc_parts(n, 84, 0);
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct negative_binomial_forward_rows0 given = {n, parts, r_, y, log_alpha, t1, t0, t2_parts};
        gradc_run(parts, negative_binomial_forward_team0, &given);
    } else {
        negative_binomial_forward_rows0(0, n, parts, r_, y, log_alpha, t1, t0, t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    *r = r_;
    return 0;
}

size_t negative_binomial_backward_work(int64_t n, int64_t d)
{
    if (128.0*d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 149, d) * (gradc_bytes(d, sizeof(double))) + (size_t)gradc_parts(n, 3*d
        + 149, d) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void negative_binomial_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                         unsigned char *restrict part_scratch, size_t part_bytes,
                                                         double *restrict grad_w, int64_t d,
                                                         unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                         double r, double t0, const double *restrict y,
                                                         const double *restrict t1, double log_alpha,
                                                         const double *restrict X, double *restrict t3_parts,
                                                         double *restrict r_bar_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    double r_bar_part = 0.0;
    double r_bar_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t2[i:n] = let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := -s0, s4 := where(0 <=
         *    s3, 1, s1) / s2, s5 := s0 - log_alpha, s6 := t1[i] - s5 + (log_alpha - (s0 - s5)), s7 := -s6,
         *    where(-inf == s0, 0, r * t0 * (where(0 <= s0, 1, s1) / s2 * (1 + s4 * where(abs(s6) < 1, s6, 0)))) +
         *    where(-inf == s3, 0, -(t0 * y[i] * (s4 * (1 + where(0 <= -s3, 1, s1) / s2 * where(abs(s7) < 1, s7,
         *    0)))))) */
        /* t3 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := -s0, s4 := where(0
         *    <= s3, 1, s1) / s2, s5 := s0 - log_alpha, s6 := t1[i] - s5 + (log_alpha - (s0 - s5)), s7 := -s6,
         *    where(-inf == s0, 0, r * t0 * (where(0 <= s0, 1, s1) / s2 * (1 + s4 * where(abs(s6) < 1, s6, 0)))) +
         *    where(-inf == s3, 0, -(t0 * y[i] * (s4 * (1 + where(0 <= -s3, 1, s1) / s2 * where(abs(s7) < 1, s7,
         *    0))))))) */
        /* r_bar = sum[i:n](let(s0 := r + y[i], s1 := 1 - r, s2 := log_alpha + t1[i], t0 * digamma_difference(s0,
         *    s1) + (t0 * where(0 == s2, 0.6931471805599453, maximum(0, s2) + log1p_unit(exp(-abs(s2)))) - t0 *
         *    digamma(s0 + s1)))) */
        const double v0 = r * t0;
        const double v1 = 1.0 - r;
        double t3_part_sum = 0.0;
        double r_bar_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                const double v2 = r + y_i;
                far += gradc_far_gamma(v2, v1);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t3_part_sum, r_bar_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double t1_i = t1[i];
                    const double v2 = log_alpha + t1_i;
                    const double v3 = gradc_exp(-fabs(v2));
                    const double v4 = 1.0 + v3;
                    const double v5 = -v2;
                    const double v6 = (0.0 <= v5 ? 1.0 : v3) / v4;
                    const double v7 = v2 - log_alpha;
                    const double v8 = t1_i - v7 + (log_alpha - (v2 - v7));
                    const double v9 = -INFINITY == v2 ? 0.0 : v0 * ((0.0 <= v2 ? 1.0 : v3) / v4 * (1.0 + v6
                        * (fabs(v8) < 1.0 ? v8 : 0.0)));
                    const double y_i = y[i];
                    const double v10 = -v8;
                    const double v11 = -INFINITY == v5 ? 0.0 : -(t0 * y_i * (v6 * (1.0 + (0.0 <= -v5 ? 1.0 : v3) / v4
                        * (fabs(v10) < 1.0 ? v10 : 0.0))));
                    const double v12 = v9 + v11;
                    const double v13 = r + y_i;
                    const double v14 = t0 * (0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0)
                        + gradc_log1p_unit(v3)) - t0 * gradc_psi(v13 + v1);
                    t2[i - tile_begin] = v12;
                    t3_part_sum += v12;
                    r_bar_part_sum += t0 * gradc_psi_difference(v13, v1) + v14;
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double t1_i = t1[i];
                    const double v2 = log_alpha + t1_i;
                    const double v3 = gradc_exp(-fabs(v2));
                    const double v4 = 1.0 + v3;
                    const double v5 = -v2;
                    const double v6 = (0.0 <= v5 ? 1.0 : v3) / v4;
                    const double v7 = v2 - log_alpha;
                    const double v8 = t1_i - v7 + (log_alpha - (v2 - v7));
                    const double v9 = -INFINITY == v2 ? 0.0 : v0 * ((0.0 <= v2 ? 1.0 : v3) / v4 * (1.0 + v6
                        * (fabs(v8) < 1.0 ? v8 : 0.0)));
                    const double y_i = y[i];
                    const double v10 = -v8;
                    const double v11 = -INFINITY == v5 ? 0.0 : -(t0 * y_i * (v6 * (1.0 + (0.0 <= -v5 ? 1.0 : v3) / v4
                        * (fabs(v10) < 1.0 ? v10 : 0.0))));
                    const double v12 = v9 + v11;
                    const double v13 = r + y_i;
                    const double v14 = t0 * (0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0)
                        + gradc_log1p_unit(v3)) - t0 * gradc_psi(v13 + v1);
                    t2[i - tile_begin] = v12;
                    t3_part_sum += v12;
                    r_bar_part_sum += t0 * gradc_digamma_difference(v13, v1) + v14;
                }
            }
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
        gradc_add(&r_bar_part, &r_bar_part_low, r_bar_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t2[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t2, 1, grad_w_part);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
    r_bar_part = gradc_rounded(r_bar_part, r_bar_part_low);
    r_bar_parts[part] = r_bar_part;
}

struct negative_binomial_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double r;
    double t0;
    const double *y;
    const double *t1;
    double log_alpha;
    const double *X;
    double *t3_parts;
    double *r_bar_parts;
};

static GRADC_APART void negative_binomial_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_backward_rows0 *const given = context;
    negative_binomial_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_w, given->d, given->tile_scratch, given->tile_bytes, given->r, given->t0, given->y, given->t1,
        given->log_alpha, given->X, given->t3_parts, given->r_bar_parts);
}

int negative_binomial_backward(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                               const double *restrict X, const double *restrict y, double r,
                               const double *restrict t1, double cotangent, double *restrict grad_w,
                               double *restrict grad_log_alpha, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 149, d) * (gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t0 = cotangent / n */
    const double t0 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 149, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    double r_bar_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct negative_binomial_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, r, t0, y, t1, log_alpha, X, t3_parts, r_bar_parts};
        gradc_run(parts, negative_binomial_backward_team0, &given);
    } else {
        negative_binomial_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, r, t0, y, t1, log_alpha, X, t3_parts, r_bar_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }
    double r_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        r_bar += r_bar_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* grad_log_alpha = t3 - r * (r_bar + digamma(r) * (t0 * n)) */
    *grad_log_alpha = t3 - r * (r_bar + gradc_psi(r) * (t0 * (double)n));
    return 0;
}

size_t negative_binomial_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 154, d) * (gradc_bytes(d, sizeof(double))) + (size_t)gradc_parts(n, 6*d
        + 154, d) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void negative_binomial_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                               unsigned char *restrict part_scratch,
                                                               size_t part_bytes, double *restrict grad_w, int64_t d,
                                                               unsigned char *restrict tile_scratch,
                                                               size_t tile_bytes, const double *restrict X,
                                                               const double *restrict w, double r, double t3,
                                                               const double *restrict y, double log_alpha, double t0,
                                                               double *restrict t2_parts, double *restrict t5_parts,
                                                               double *restrict r_bar_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    double r_bar_part = 0.0;
    double r_bar_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := log1p_unit(exp(-abs(s0))), s2 := -s0,
         *    gammaln_difference(r + y[i], 1 - r) + (t0 + (r * where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    s1) + y[i] * where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1))))) */
        /* t4[i:n] = let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := -s0, where(-inf == s0,
         *    0, r * t3 * (where(0 <= s0, 1, s1) / s2)) + where(-inf == s3, 0, -(t3 * y[i] * (where(0 <= s3, 1, s1)
         *    / s2)))) */
        /* t5 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := -s0, where(-inf ==
         *    s0, 0, r * t3 * (where(0 <= s0, 1, s1) / s2)) + where(-inf == s3, 0, -(t3 * y[i] * (where(0 <= s3, 1,
         *    s1) / s2))))) */
        /* r_bar = sum[i:n](let(s0 := r + y[i], s1 := 1 - r, s2 := log_alpha + t1[i], t3 * digamma_difference(s0,
         *    s1) + (t3 * where(0 == s2, 0.6931471805599453, maximum(0, s2) + log1p_unit(exp(-abs(s2)))) - t3 *
         *    digamma(s1 + s0)))) */
        const double v0 = 1.0 - r;
        const double v1 = r * t3;
        double t2_part_sum = 0.0;
        double t5_part_sum = 0.0;
        double r_bar_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                const double v2 = r + y_i;
                far += gradc_far_gamma(v2, v0);
                far += gradc_far_gamma(v2, v0);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t2_part_sum, t5_part_sum, r_bar_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v2 = r + y_i;
                    const double v3 = log_alpha + t1[i - tile_begin];
                    const double v4 = gradc_exp(-fabs(v3));
                    const double v5 = gradc_log1p_unit(v4);
                    const double v6 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v5;
                    const double v7 = -v3;
                    const double v8 = gradc_gamma_ratio(v2, v0) + (t0 + (r * v6 + y_i * (0.0 == v7
                        ? 0.6931471805599453 : ((v7 > 0.0 || v7 != v7) ? v7 : 0.0) + v5)));
                    const double v9 = 1.0 + v4;
                    const double v10 = (-INFINITY == v3 ? 0.0 : v1 * ((0.0 <= v3 ? 1.0 : v4) / v9))
                        + (-INFINITY == v7 ? 0.0 : -(t3 * y_i * ((0.0 <= v7 ? 1.0 : v4) / v9)));
                    t2_part_sum += v8;
                    t4[i - tile_begin] = v10;
                    t5_part_sum += v10;
                    r_bar_part_sum += t3 * gradc_psi_difference(v2, v0) + (t3 * v6 - t3 * gradc_psi(v2 + v0));
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v2 = r + y_i;
                    const double v3 = log_alpha + t1[i - tile_begin];
                    const double v4 = gradc_exp(-fabs(v3));
                    const double v5 = gradc_log1p_unit(v4);
                    const double v6 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v5;
                    const double v7 = -v3;
                    const double v8 = gradc_gammaln_difference(v2, v0) + (t0 + (r * v6 + y_i * (0.0 == v7
                        ? 0.6931471805599453 : ((v7 > 0.0 || v7 != v7) ? v7 : 0.0) + v5)));
                    const double v9 = 1.0 + v4;
                    const double v10 = (-INFINITY == v3 ? 0.0 : v1 * ((0.0 <= v3 ? 1.0 : v4) / v9))
                        + (-INFINITY == v7 ? 0.0 : -(t3 * y_i * ((0.0 <= v7 ? 1.0 : v4) / v9)));
                    t2_part_sum += v8;
                    t4[i - tile_begin] = v10;
                    t5_part_sum += v10;
                    r_bar_part_sum += t3 * gradc_digamma_difference(v2, v0) + (t3 * v6 - t3 * gradc_psi(v2 + v0));
                }
            }
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
        gradc_add(&r_bar_part, &r_bar_part_low, r_bar_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t4[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t4, 1, grad_w_part);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
    r_bar_part = gradc_rounded(r_bar_part, r_bar_part_low);
    r_bar_parts[part] = r_bar_part;
}

struct negative_binomial_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *X;
    const double *w;
    double r;
    double t3;
    const double *y;
    double log_alpha;
    double t0;
    double *t2_parts;
    double *t5_parts;
    double *r_bar_parts;
};

static GRADC_APART void negative_binomial_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_value_and_grad_rows0 *const given = context;
    negative_binomial_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->grad_w, given->d, given->tile_scratch, given->tile_bytes, given->X, given->w,
        given->r, given->t3, given->y, given->log_alpha, given->t0, given->t2_parts, given->t5_parts, given->r_bar_parts);
}

int negative_binomial_value_and_grad(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                                     const double *restrict X, const double *restrict y, double *restrict value,
                                     double *restrict grad_w, double *restrict grad_log_alpha, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 154, d) * (gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* r = exp(-log_alpha) */
    /* t0 = gammaln(r) */
    /* t3 = 1 / n */
    const double v0 = gradc_exp(-log_alpha);
    const double r = v0;
    const double t0 = gradc_lgamma(v0);
    const double t3 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 154, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    double t5_parts[GRADC_PARTS];
    double r_bar_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct negative_binomial_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, X, w, r, t3, y, log_alpha, t0, t2_parts, t5_parts, r_bar_parts};
        gradc_run(parts, negative_binomial_value_and_grad_team0, &given);
    } else {
        negative_binomial_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, X, w, r, t3, y, log_alpha, t0, t2_parts, t5_parts, r_bar_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }
    double r_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        r_bar += r_bar_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* value = t2 / n */
    /* grad_log_alpha = t5 - r * (r_bar + digamma(r) * (t3 * n)) */
    const double v1 = (double)n;
    *value = t2 / v1;
    *grad_log_alpha = t5 - r * (r_bar + gradc_psi(r) * (t3 * v1));
    return 0;
}

# Reference numbers for tests/stats/test_against_r.py, by R 4.2.2 with its recommended packages boot and nlme, and with mvtnorm.
# Run in this folder: Rscript reference.R > reference.txt
suppressPackageStartupMessages({ library(boot); library(nlme) })
show <- function(name, x) cat(name, paste(formatC(x, digits = 12, format = "g"), collapse = " "), "\n")
v <- read.csv("values.csv", stringsAsFactors = TRUE)
v$d <- v$candidate - v$control
one <- v[v$seed == 0, ]
d <- one$d
cat("# ", R.version.string, "\n", sep = "")

# paired t, TOST and non-inferiority on seed 0
t <- t.test(one$candidate, one$control, paired = TRUE)
show("t.p", t$p.value); show("t.df", t$parameter); show("t.interval", t$conf.int)
show("tost.above", t.test(d, mu = -0.05, alternative = "greater")$p.value)
show("tost.below", t.test(d, mu = 0.05, alternative = "less")$p.value)

# noncentral t interval of d_z, Hedges' correction
n <- length(d); tt <- t$statistic; df <- n - 1
ncp <- function(p) uniroot(function(x) pt(tt, df, x) - p, c(-20, 20), tol = 1e-12)$root
show("dz", mean(d) / sd(d)); show("dz.interval", c(ncp(0.975), ncp(0.025)) / sqrt(n))
show("hedges.j", gamma(df / 2) / (sqrt(df / 2) * gamma((df - 1) / 2)))

# Fieller's interval of the relative difference
tc <- qt(0.975, df)^2; C <- mean(one$control); D <- mean(d)
vD <- var(d) / n; vC <- var(one$control) / n; vDC <- cov(d, one$control) / n
a <- C^2 - tc * vC; b <- D * C - tc * vDC; c0 <- D^2 - tc * vD
show("fieller", c(b - sqrt(b^2 - a * c0), b + sqrt(b^2 - a * c0)) / a)

# crossed users x seeds: mean squares, and variance components by REML in nlme
table <- summary(aov(d ~ user + factor(seed), data = v))[[1]]
ms <- table[["Mean Sq"]]
show("crossed.ms", ms)
v$all <- factor(1); v$s <- factor(v$seed)
fit <- lme(d ~ 1, data = v, random = list(all = pdBlocked(list(pdIdent(~ user - 1), pdIdent(~ s - 1)))),
           control = lmeControl(returnObject = TRUE, msTol = 1e-12, tolerance = 1e-12))
sds <- as.numeric(VarCorr(fit)[, "StdDev"])
show("crossed.components", c(sds[1], sds[61], sds[length(sds)])^2)
show("crossed.se", sqrt(vcov(fit)[1, 1]))

# signs and ranks; wilcox.test has no Pratt zeros, so users without a difference are left out there
moved <- d[d != 0]
show("sign.p", binom.test(sum(d > 0), length(moved))$p.value)
w <- c(0.11, -0.02, 0.07, 0.31, -0.05, 0.13, 0.021, 0.17, -0.081, 0.24)
show("wilcoxon.exact", wilcox.test(w, exact = TRUE)$p.value)
# Pratt's version of seed 0, written out
r <- rank(abs(d)); keep <- d != 0; R <- r[keep]; W <- sum(R[d[keep] > 0])
n0 <- sum(!keep); mu <- (n * (n + 1) - n0 * (n0 + 1)) / 4
ties <- table(R); s2 <- (n * (n + 1) * (2 * n + 1) - n0 * (n0 + 1) * (2 * n0 + 1)) / 24 - sum(ties^3 - ties) / 48
show("wilcoxon.pratt", 2 * pnorm(-abs(W - mu) / sqrt(s2)))

# all 2^12 sign flips of the first twelve users who differ
first <- moved[1:12]
flips <- as.matrix(expand.grid(rep(list(c(-1, 1)), 12))) %*% first
show("signflip.exact", mean(abs(flips) >= abs(sum(first)) - 1e-12))

# bootstrap intervals, 99,999 resamples
set.seed(1)
b <- boot(d, function(x, i) c(mean(x[i]), var(x[i]) / length(i)), 99999)
ci <- boot.ci(b, type = c("perc", "bca", "stud"))
show("boot.percentile", ci$percent[4:5]); show("boot.bca", ci$bca[4:5]); show("boot.studentised", ci$student[4:5])

# corrections
p <- c(0.001, 0.013, 0.02, 0.04, 0.3)
for (m in c("holm", "hochberg", "bonferroni", "BH", "BY")) show(paste0("adjust.", tolower(m)), p.adjust(p, m))

# power
show("power", power.t.test(n = 200, delta = 0.2, sd = 1, type = "paired")$power)
show("power.n", power.t.test(delta = 0.05, sd = 1, power = 0.9, type = "paired")$n)
show("power.delta", power.t.test(n = 500, sd = 1, power = 0.8, type = "paired")$delta)

# Friedman on 6 scenarios x 4 methods, Nemenyi by the studentised range
m <- matrix(c(.31, .28, .30, .25, .11, .12, .09, .08, .22, .20, .21, .19,
              .40, .35, .41, .33, .15, .15, .13, .11, .27, .24, .25, .26), nrow = 6, byrow = TRUE)
f <- friedman.test(m)
show("friedman", c(f$statistic, f$p.value))
ranks <- colMeans(t(apply(-m, 1, rank))); gap <- abs(ranks[1] - ranks[4]) / sqrt(4 * 5 / (6 * 6))
show("nemenyi.1.4", ptukey(gap * sqrt(2), 4, Inf, lower.tail = FALSE))
show("nemenyi.cd", qtukey(0.95, 4, Inf) / sqrt(2) * sqrt(4 * 5 / (6 * 6)))

# Welch's one-way test over quarters of histories, HC3 slope of the difference on log2(1 + history)
show("welch", unlist(oneway.test(d ~ factor(fold), data = data.frame(d, fold = one$fold))[c("statistic", "p.value")]))
x <- log2(1 + one$history); fit <- lm(d ~ x); e <- resid(fit); h <- hatvalues(fit); X <- model.matrix(fit)
bread <- solve(crossprod(X)); hc3 <- bread %*% crossprod(X * (e / (1 - h))) %*% bread
show("hc3", c(coef(fit)[2], sqrt(hc3[2, 2]), 2 * pt(-abs(coef(fit)[2] / sqrt(hc3[2, 2])), n - 2)))

# DerSimonian-Laird and Hartung-Knapp, written out
y <- c(0.041, 0.012, 0.055, -0.004, 0.031); s2 <- c(0.006, 0.008, 0.011, 0.007, 0.009)^2
w <- 1 / s2; k <- length(y); mu <- sum(w * y) / sum(w); Q <- sum(w * (y - mu)^2)
tau2 <- max(0, (Q - (k - 1)) / (sum(w) - sum(w^2) / sum(w)))
wr <- 1 / (s2 + tau2); mr <- sum(wr * y) / sum(wr)
hk <- max(sqrt(sum(wr * (y - mr)^2) / ((k - 1) * sum(wr))), 1 / sqrt(sum(wr)))
show("meta", c(mr, tau2, Q, max(0, (Q - (k - 1)) / Q)))
show("meta.dl", mr + c(-1, 1) * qnorm(0.975) / sqrt(sum(wr)))
show("meta.hk", mr + c(-1, 1) * qt(0.975, k - 1) * hk)
show("meta.predict", mr + c(-1, 1) * qt(0.975, k - 2) * sqrt(tau2 + 1 / sum(wr)))

# critical value of the largest |t| of three correlated ones (package mvtnorm), Nadeau and Bengio's interval, Bonett's interval
corr <- matrix(c(1, .8, .3, .8, 1, .5, .3, .5, 1), 3); set.seed(1)
show("maxt.critical", mvtnorm::qmvt(0.95, tail = "both.tails", df = 799, corr = corr,
                                    algorithm = mvtnorm::GenzBretz(abseps = 1e-6, maxpts = 1e6))$quantile)
folds <- c(0.012, 0.019, 0.007, 0.015, 0.011); e <- sqrt((1 / 5 + 1200 / 4800) * var(folds))
show("nadeau.bengio", c(mean(folds), e, mean(folds) + c(-1, 1) * qt(0.975, 4) * e))
z <- qnorm(0.975); cc <- n / (n - z); trim <- mean(d, trim = 1 / (2 * sqrt(n - 4)))
k4 <- n * sum((d - trim)^4) / sum((d - mean(d))^2)^2; half <- z * cc * sqrt((k4 - (n - 3) / n) / (n - 1))
show("bonett", cc * exp(c(-half, half)))

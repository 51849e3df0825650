//! Replicates, and the sums that the statistic of a resample needs.

/// The values of one replicate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replicate {
    /// The sum of the values, one for each session that has one.
    pub sum: f64,
    /// Their number, not zero.
    pub count: f64,
}

impl Replicate {
    /// Of these values; `None` of none.
    pub fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), v| (sum + v, count + 1.0));
        (count > 0.0).then_some(Self { sum, count })
    }

    /// Their mean.
    pub fn mean(self) -> f64 {
        self.sum / self.count
    }
}

/// The mean over all sessions of all replicates; `None` without any.
pub fn mean(replicates: &[Replicate]) -> Option<f64> {
    let sum = Replicate {
        sum: replicates.iter().map(|r| r.sum).sum(),
        count: replicates.iter().map(|r| r.count).sum(),
    };
    (sum.count > 0.0).then(|| sum.mean())
}

/// What the statistic of a resample needs, of the rests `r` and the counts `c`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub r: f64,
    pub c: f64,
    pub rr: f64,
    pub rc: f64,
    pub cc: f64,
}

impl Sums {
    pub(super) fn of(rests: impl Iterator<Item = Replicate>) -> Self {
        rests.fold(Self::default(), |mut sums, replicate| {
            sums.add(replicate);
            sums
        })
    }

    pub(super) fn add(&mut self, Replicate { sum, count }: Replicate) {
        self.r += sum;
        self.c += count;
        self.rr += sum * sum;
        self.rc += sum * count;
        self.cc += count * count;
    }

    /// How far its mean is from that of the whole.
    pub(super) fn shift(&self) -> f64 {
        self.r / self.c
    }

    /// The standard error of its mean, of `n` replicates.
    pub(super) fn error(&self, n: usize) -> f64 {
        let shift = self.shift();
        let squares = (self.rr - 2.0 * shift * self.rc + shift * shift * self.cc).max(0.0);
        let n = n as f64;
        (squares * n / (n - 1.0)).sqrt() / self.c
    }
}

//! A fluid network on a piecewise-constant trace that repeats for ever, as Sabre has it: a request
//! takes one unit of the latency that holds at the time, and then its bits flow at the bandwidth.

/// Milliseconds, kbit/s, milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Period {
    pub duration: f64,
    pub bandwidth: f64,
    pub latency: f64,
}

/// What arrives at least between two looks at a download, in bits and in milliseconds.
const LEAST_BITS: f64 = 12_000.0;
const LEAST_TIME: f64 = 50.0;

pub struct Network<'a> {
    trace: &'a [Period],
    index: usize,
    /// How long the current period lasts from now.
    left: f64,
}

impl<'a> Network<'a> {
    pub fn new(trace: &'a [Period]) -> Self {
        Self { trace, index: 0, left: trace[0].duration }
    }

    fn period(&self) -> Period {
        self.trace[self.index]
    }

    fn next(&mut self) {
        self.index = (self.index + 1) % self.trace.len();
        self.left = self.period().duration;
    }

    pub fn wait(&mut self, mut time: f64) {
        while time > self.left {
            time -= self.left;
            self.next();
        }
        self.left -= time;
    }

    /// The time to the first byte: a share of the unit passes in each period that it touches.
    pub fn latency(&mut self) -> f64 {
        let (mut units, mut total) = (1.0, 0.0);
        loop {
            let time = units * self.period().latency;
            if time <= self.left {
                self.left -= time;
                return total + time;
            }
            total += self.left;
            units -= self.left / self.period().latency;
            self.next();
        }
    }

    /// How long this many bits take.
    pub fn download(&mut self, mut bits: f64) -> f64 {
        let mut total = 0.0;
        loop {
            let rate = self.period().bandwidth;
            if bits <= self.left * rate {
                let time = bits / rate;
                self.left -= time;
                return total + time;
            }
            total += self.left;
            bits -= self.left * rate;
            self.next();
        }
    }

    /// The bits and the time until the next look at a download of which `bits` are missing, where
    /// `since` has passed since the last look.
    pub fn advance(&mut self, mut bits: f64, since: f64) -> (f64, f64) {
        let (mut least_bits, mut least_time) = (LEAST_BITS, LEAST_TIME - since);
        let (mut got, mut took) = (0.0, 0.0);
        while bits > 0.0 && (least_bits > 0.0 || least_time > 0.0) {
            let rate = self.period().bandwidth;
            let (b, t);
            if rate > 0.0 {
                let wanted = f64::max(least_bits, least_time * rate);
                let until_next = self.left * rate;
                if bits <= wanted && bits <= until_next {
                    (b, t) = (bits, bits / rate);
                    self.left -= t;
                } else if wanted <= until_next {
                    (b, t) = (wanted, wanted / rate);
                    (least_bits, least_time) = (0.0, 0.0);
                    self.left -= t;
                } else {
                    (b, t) = (until_next, self.left);
                    self.next();
                }
            } else {
                b = 0.0;
                if least_bits > 0.0 || least_time > self.left {
                    t = self.left;
                    self.next();
                } else {
                    t = least_time;
                    self.left -= t;
                }
            }
            got += b;
            took += t;
            bits -= b;
            least_bits -= b;
            least_time -= t;
        }
        (got, took)
    }
}

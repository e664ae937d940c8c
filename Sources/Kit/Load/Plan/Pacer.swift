/// When each event of a schedule is due: arithmetic on the event's index, without a clock.
///
/// With i counted from 0, R events a second and t in seconds from the start:
///
///     constant   t_i = i / R                                      from i and not from t_{i-1}: a day later still exact
///     ramp       r0·t + (r1 - r0)·t² / 2D = i, solved for t       so that the rate's integral up to t_i is i
///     steps      the same integral, piece by piece
///     poisson    t_i = t_{i-1} - ln(U_i) / R                      U in (0, 1] from the seed
///     burst      t_i = ⌊i / size⌋ · every
///
/// Nothing is allocated once it is made. Times never fall, and two events may share one.
struct Pacer: Sendable {
    private enum Rhythm {
        case pieces
        case poisson(rate: Double)
        case burst(size: Int64, every: Double)
    }

    /// A stretch of linear rate; a constant one has the same at both ends.
    private struct Piece {
        /// Nanoseconds.
        var start: Double
        /// Seconds.
        var length: Double
        var from: Double
        var to: Double
        /// Events due before it: the integral of the rate, no whole number.
        var before: Double
        /// Events due before its end.
        var through: Double
    }

    private let rhythm: Rhythm
    private let pieces: [Piece]
    /// Nanoseconds; no event is due at it or later.
    private let end: Double
    private var piece = 0
    /// Of the event that comes next.
    private var index: Int64 = 0
    /// Nanoseconds of the last Poisson event.
    private var last = 0.0
    private var random: SeededGenerator

    /// - Parameters:
    ///   - schedule: Within the bounds of `LoadPlan.validate`; one that is not may have no events, and never traps.
    ///   - time: Steps that end earlier end the schedule.
    init(_ schedule: LoadSchedule, over time: Duration, seed: UInt64) {
        let time = min(time, schedule.length ?? time)
        end = time.exactNanoseconds
        random = SeededGenerator(state: seed)
        var pieces: [Piece] = []
        func add(_ from: Double, _ to: Double, for length: Duration) {
            let before = pieces.last?.through ?? 0
            let start = pieces.last.map { $0.start + $0.length * 1e9 } ?? 0
            let seconds = length.exactNanoseconds / 1e9
            let through = before + (from + to) / 2 * seconds
            pieces.append(
                Piece(start: start, length: seconds, from: from, to: to, before: before, through: through))
        }
        switch schedule {
        case .constant(let rate): add(rate, rate, for: time)
        case .ramp(let from, let to): add(from, to, for: time)
        case .steps(let steps): for step in steps { add(step.rate, step.rate, for: step.duration) }
        case .poisson, .burst: break
        }
        self.pieces = pieces
        rhythm =
            switch schedule {
            case .constant, .ramp, .steps: .pieces
            case .poisson(let rate): .poisson(rate: rate)
            case .burst(let size, let every): .burst(size: Int64(max(size, 1)), every: every.exactNanoseconds)
            }
    }

    /// Nanoseconds from the start to the next event; nil when the schedule's time is over, and from then on.
    mutating func next() -> Int64? {
        let due: Double
        switch rhythm {
        case .pieces: due = dueInPieces()
        case .poisson(let rate):
            last -= random.logarithmOfFraction() / rate * 1e9
            due = last
        case .burst(let size, let every): due = Double(index / size) * every
        }
        let rounded = due.rounded()
        // NaN, from a rate of zero, is not within either.
        guard rounded >= 0, rounded < end else { return nil }
        index += 1
        return Int64(rounded)
    }

    private mutating func dueInPieces() -> Double {
        let number = Double(index)
        while piece + 1 < pieces.count, number >= pieces[piece].through { piece += 1 }
        guard piece < pieces.count else { return .nan }
        let here = pieces[piece]
        let count = number - here.before
        // The root that does not cancel when both rates are nearly equal; with equal ones it is count / rate, exactly.
        let reached = (here.from * here.from + 2 * (here.to - here.from) * count / here.length).squareRoot()
        return here.start + 2 * count / (here.from + reached) * 1e9
    }
}

extension SeededGenerator {
    /// ln U, U even in (0, 1] in steps of 2^-53.
    fileprivate mutating func logarithmOfFraction() -> Double {
        ((Double(next() >> 11) + 1) * 0x1p-53).naturalLogarithm
    }
}

extension Double {
    /// Of a positive, normal number, to a few units in the last place.
    ///
    /// The C library's may differ in the last digit from one system to the next, and the same seed has to give the same
    /// schedule everywhere; this is additions, multiplications and divisions, which IEEE 754 leaves no freedom.
    var naturalLogarithm: Double {
        var part = significand
        var power = Double(exponent)
        if part > 1.414_213_562_373_095_1 {
            part /= 2
            power += 1
        }
        // ln m = 2·(s + s³/3 + s⁵/5 + …) with s = (m - 1) / (m + 1), at most 0.172: eleven terms leave less than 2^-56.
        let s = (part - 1) / (part + 1)
        let square = s * s
        var sum = 0.0
        for odd in stride(from: 21.0, through: 1, by: -2) { sum = sum * square + 1 / odd }
        return power * 0.693_147_180_559_945_3 + 2 * s * sum
    }
}

extension Duration {
    /// Exact for whole nanoseconds up to 104 days.
    fileprivate var exactNanoseconds: Double {
        Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9
    }
}

/// How evenly things were shared out.
enum Fairness {
    /// Jain's index, (Σx)² / (n·Σx²): 1 when all got the same, 1/n when one got everything (Jain, Chiu, Hawe 1984).
    ///
    /// 1 when there is nobody, or nobody got anything: none was preferred.
    static func jain(_ shares: [Double]) -> Double {
        let sum = shares.reduce(0, +)
        let squares = shares.reduce(0) { $0 + $1 * $1 }
        return squares == 0 ? 1 : sum * sum / (Double(shares.count) * squares)
    }
}

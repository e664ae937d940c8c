/// A click's place in a feed, written `EPOCH:N`.
///
/// Positions of one feed are ordered: an epoch's numbers go on from what the one before it kept.
public struct Position: Hashable, Comparable, Sendable {
    /// The life of the log, from 1; 0 is before all of them.
    public let epoch: Int32
    /// From 1; 0 is before the first click.
    public let number: Int64

    public init(epoch: Int32, number: Int64) {
        self.epoch = epoch
        self.number = number
    }

    /// The largest number there is: what a JSON reader of doubles still tells from its neighbours, and clicks never reach.
    public static let maximumNumber: Int64 = 1 << 53

    /// Before every click.
    public static let start = Position(epoch: 0, number: 0)

    /// Reads `EPOCH:N`.
    ///
    /// - Throws: `.invalid` when `text` is not one.
    public init(_ text: some StringProtocol) throws(KitError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }), let epoch = Int32(parts[0]),
            let number = Int64(parts[1]), epoch >= 0, (0...Self.maximumNumber).contains(number)
        else { throw KitError(.invalid, "a position is written EPOCH:N, such as 1:42") }
        self.init(epoch: epoch, number: number)
    }

    public static func < (left: Position, right: Position) -> Bool {
        (left.epoch, left.number) < (right.epoch, right.number)
    }
}

extension Position: CustomStringConvertible {
    public var description: String { "\(epoch):\(number)" }
}

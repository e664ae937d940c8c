/// One slot of the floor's table, found by descriptor. Small on purpose: this is all an idle connection costs.
struct FloorConnection {
    enum Role: UInt8 { case visitor, subscriber }

    var role = Role.visitor
    var room: UInt16 = 0
    /// Where a subscriber stands in its room's list.
    var position: Int32 = 0
    /// What reads and sends have cut; nil nearly always.
    var rest: Rest?

    /// Bytes that wait for more, on either side.
    final class Rest {
        /// A request the last read cut.
        var input: [UInt8] = []
        /// Bytes the kernel did not take yet; the first of them may be the middle of a frame.
        var output: [UInt8] = []
    }
}

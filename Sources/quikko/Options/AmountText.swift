import Kit

extension DurationText {
    /// To a tenth of a second: `4.8 s`.
    static func write(_ duration: Duration) -> String {
        let tenths = Int(duration / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

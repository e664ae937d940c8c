import NIOCore

extension ChannelHandlerContext {
    /// Stops reading from a peer that does not take what it is sent, or begins again. Fails only on a channel that has closed,
    /// where there is nothing to read.
    func setReading(_ isReading: Bool) {
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}

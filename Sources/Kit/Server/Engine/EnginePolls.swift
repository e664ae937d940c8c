import NIOCore
import NIOHTTP1

/// The polling half of an Engine.IO session: what waits for the next GET, and the GET that waits for something. Confined to its loop.
///
/// Bounded: what is held is what an outbox hands over at once; everything else waits in the outbox.
struct EnginePolls {
    /// An answer is sent when it has this many bytes, or when nothing more comes at the moment.
    private static let longest = 262_144

    private var waiting: EventLoopPromise<HTTPResponse>?
    /// Frames for the answer to `waiting`.
    private var gathered = ByteBuffer()
    /// Frames the outbox has handed over.
    private var held: ByteBuffer?
    /// Frames past the outbox: at most a ping.
    private var control = ByteBuffer()

    var isWaiting: Bool { waiting != nil }
    var hasSomething: Bool { gathered.readableBytes > 0 }

    /// Takes a GET; what was held or past the outbox is gathered for it. True when the outbox may go on.
    mutating func take(_ promise: EventLoopPromise<HTTPResponse>) -> Bool {
        waiting = promise
        gathered.writeBuffer(&control)
        control = ByteBuffer()
        guard var held = exchange(&held, with: nil) else { return false }
        gathered.writeBuffer(&held)
        return true
    }

    /// All of it or nothing: an answer ends with a whole packet.
    mutating func offer(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard isWaiting, gathered.readableBytes == 0 || gathered.readableBytes + bytes.count <= Self.longest else {
            return 0
        }
        gathered.writeBytes(bytes)
        return bytes.count
    }

    mutating func hold(_ bytes: ByteBuffer) { held = bytes }

    /// What the outbox has handed over, for another transport.
    mutating func takeHeld() -> ByteBuffer? { exchange(&held, with: nil) }

    /// What nobody has asked for, past the outbox.
    mutating func takeControl() -> ByteBuffer? {
        let frames = exchange(&control, with: ByteBuffer())
        return frames.readableBytes > 0 ? frames : nil
    }

    /// Puts a frame past what waits in the outbox.
    mutating func add(_ frame: ByteBuffer) {
        if isWaiting { gathered.writeImmutableBuffer(frame) } else { control.writeImmutableBuffer(frame) }
    }

    /// Answers the GET that waits with what was gathered for it and `last`; false when none waits.
    @discardableResult
    mutating func answer(_ last: ByteBuffer? = nil) -> Bool {
        guard let promise = exchange(&waiting, with: nil) else { return false }
        var frames = exchange(&gathered, with: ByteBuffer())
        if let last { frames.writeImmutableBuffer(last) }
        var payload = ByteBuffer()
        EnginePayload.append(frames, to: &payload)
        promise.succeed(.engine(payload))
        return true
    }
}

extension HTTPResponse {
    /// Packets of a session, or the word that they have come.
    static func engine(_ body: ByteBuffer, _ type: String = "text/plain; charset=UTF-8") -> HTTPResponse {
        var response = HTTPResponse(status: .ok, body: body)
        response.headers += [("Content-Type", type), ("Cache-Control", "no-store")]
        return response
    }

    static func engine(_ refusal: EngineRequest.Refusal) -> HTTPResponse {
        HTTPResponse(status: refusal == .forbidden ? .forbidden : .badRequest, plain: refusal.json)
    }
}

import Glibc

/// The floor's one thread: accepts, answers, and sends each click to everyone in its room.
final class FloorLoop {
    /// Per connection. Beyond it whole messages are dropped for that connection, which the driver then reports.
    private static let outputLimit = 1 << 20
    private static let inputLimit = 8_192
    /// Rooms have numbers within these bits.
    static let roomMask = 0xFFFF
    private static let holdLimit = 2 * MonotonicClock.millisecond

    private let poller: Poller
    private let listener: Int32
    private let batch: Int
    private let sendBuffer: Int32?

    /// Indexed by descriptor; a slot is initialised from accept to close, and its page untouched before that.
    private let table: UnsafeMutablePointer<FloorConnection>
    private let capacity: Int
    /// By room.
    private var subscribers: [ContiguousArray<Int32>]

    private var replies: ContiguousArray<UInt8> = []
    private var held: ContiguousArray<UInt8> = []
    private var heldCount = 0
    private var heldRoom = 0
    private var heldSince: UInt64 = 0

    init(listener: Int32, batch: Int, sendBuffer: Int32?) throws {
        poller = try Poller(check: BenchInterrupt.check)
        self.listener = listener
        self.batch = batch
        self.sendBuffer = sendBuffer
        capacity = StreamSocket.raiseDescriptorLimit()
        table = .allocate(capacity: capacity)
        subscribers = Array(repeating: [], count: Self.roomMask + 1)
        try poller.add(listener, tag: UInt32(listener), interest: .read)
    }

    /// Never returns but by throwing; the table therefore lives as long as the process.
    func run() throws {
        while true {
            try poller.poll(milliseconds: heldCount > 0 ? 1 : -1) { tag, ready in
                let descriptor = Int32(tag)
                if descriptor == listener { return try accept() }
                if ready.contains(.write) { try flush(descriptor) }
                if ready.contains(.read) { try read(descriptor) }
            }
            if heldCount > 0, MonotonicClock.now() - heldSince >= Self.holdLimit { try release() }
        }
    }

    private func accept() throws {
        while true {
            let descriptor = StreamSocket.accept(listener)
            guard descriptor >= 0 else { return }
            guard Int(descriptor) < capacity else {
                close(descriptor)
                continue
            }
            StreamSocket.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            if let sendBuffer { StreamSocket.set(descriptor, SOL_SOCKET, SO_SNDBUF, sendBuffer) }
            (table + Int(descriptor)).initialize(to: FloorConnection())
            try poller.add(descriptor, tag: UInt32(descriptor), interest: .read)
        }
    }

    private func read(_ descriptor: Int32) throws {
        let connection = table + Int(descriptor)
        var kept = 0
        if let rest = connection.pointee.rest, !rest.input.isEmpty {
            kept = rest.input.count
            poller.scratch.copyBytes(from: rest.input)
            rest.input.removeAll()
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: poller.scratch[kept...])
        switch StreamSocket.receive(descriptor, into: room) {
        case .nothingYet:
            keepInput(connection, UnsafeRawBufferPointer(rebasing: poller.scratch[..<kept]))
        case .closed:
            leave(descriptor)
        case .bytes(let count):
            let bytes = UnsafeRawBufferPointer(rebasing: poller.scratch[..<(kept + count)])
            switch connection.pointee.role {
            case .visitor: try answer(descriptor, bytes)
            // Nothing a subscriber says matters here, except that it is going (opcode 8).
            case .subscriber: if bytes[0] & 0x0F == 8 { leave(descriptor) }
            }
        }
    }

    /// Answers every complete request in `bytes`, with one send for all of them.
    private func answer(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws {
        let connection = table + Int(descriptor)
        var at = 0
        replies.removeAll(keepingCapacity: true)
        while at < bytes.count, connection.pointee.role == .visitor {
            let unread = UnsafeRawBufferPointer(rebasing: bytes[at...])
            guard let (request, length) = FloorRequest.parse(unread) else {
                guard unread.count <= Self.inputLimit else { return leave(descriptor) }
                keepInput(connection, unread)
                break
            }
            at += length
            switch request {
            case .redirect:
                replies.append(contentsOf: FloorMessages.redirect)
            case .click(let room):
                replies.append(contentsOf: FloorMessages.redirect)
                try publish(in: room)
            case .upgrade(let room, let key):
                replies.append(contentsOf: FloorMessages.switching(key: key))
                connection.pointee.role = .subscriber
                connection.pointee.room = UInt16(room)
                connection.pointee.position = Int32(subscribers[room].count)
                subscribers[room].append(descriptor)
            case .refused:
                return leave(descriptor)
            }
        }
        guard !replies.isEmpty else { return }
        try replies.withUnsafeBytes { try deliver($0, to: descriptor) }
    }

    private func publish(in room: Int) throws {
        guard batch > 1 else {
            return try FloorMessages.click.withUnsafeBytes { try send($0, to: room) }
        }
        // A batch is of one room: there is no more in the fan-outs that ask for batches.
        if heldCount > 0, room != heldRoom { try release() }
        if heldCount == 0 { (heldSince, heldRoom) = (MonotonicClock.now(), room) }
        held.append(contentsOf: FloorMessages.click)
        heldCount += 1
        if heldCount == batch { try release() }
    }

    private func release() throws {
        try held.withUnsafeBytes { try send($0, to: heldRoom) }
        held.removeAll(keepingCapacity: true)
        heldCount = 0
    }

    @inline(__always)
    private func send(_ bytes: UnsafeRawBufferPointer, to room: Int) throws {
        let members = subscribers[room]
        for index in members.indices { try deliver(bytes, to: members[index]) }
    }

    /// One send. What the kernel refuses is kept and sent when it can be, in order.
    @inline(__always)
    private func deliver(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        let connection = table + Int(descriptor)
        if let rest = connection.pointee.rest, !rest.output.isEmpty {
            if rest.output.count + bytes.count <= Self.outputLimit { rest.output.append(contentsOf: bytes) }
            return
        }
        // A broken connection shows up as an event of its own, and is forgotten there.
        guard let sent = StreamSocket.send(descriptor, bytes), sent < bytes.count else { return }
        let rest = connection.pointee.rest ?? FloorConnection.Rest()
        rest.output.append(contentsOf: bytes[sent...])
        connection.pointee.rest = rest
        try poller.modify(descriptor, tag: UInt32(descriptor), interest: [.read, .write])
    }

    private func flush(_ descriptor: Int32) throws {
        guard let rest = table[Int(descriptor)].rest else { return }
        let sent = rest.output.withUnsafeBytes { StreamSocket.send(descriptor, $0) }
        guard let sent else { return }
        rest.output.removeFirst(sent)
        guard rest.output.isEmpty else { return }
        if rest.input.isEmpty { table[Int(descriptor)].rest = nil }
        try poller.modify(descriptor, tag: UInt32(descriptor), interest: .read)
    }

    private func keepInput(_ connection: UnsafeMutablePointer<FloorConnection>, _ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let rest = connection.pointee.rest ?? FloorConnection.Rest()
        rest.input = Array(bytes)
        connection.pointee.rest = rest
    }

    private func leave(_ descriptor: Int32) {
        let connection = table + Int(descriptor)
        if connection.pointee.role == .subscriber {
            let position = Int(connection.pointee.position)
            let room = Int(connection.pointee.room)
            let last = subscribers[room].removeLast()
            if last != descriptor {
                subscribers[room][position] = last
                table[Int(last)].position = Int32(position)
            }
        }
        connection.deinitialize(count: 1)
        close(descriptor)
    }
}

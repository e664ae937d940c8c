import NIOCore

/// Frames of the dashboards: `metric:update` and `dashboard:update`.
extension SocketIOServerCodec {
    static func encode(
        _ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer
    ) -> Bool {
        guard let subject = audience.subject else { return false }
        switch event {
        case .click(let click):
            write(click.linkNumber, click.at, of: subject, to: &batch)
            return true
        case .total(let total, let time):
            write(total, time, of: subject, to: &batch)
            return true
        case .publication(let publication):
            switch publication.kind {
            case .metric(let metric):
                write("metric:update", metric.json(as: subject.entity), subject.namespace, to: &batch)
            case .dashboard(let change):
                // Those who watch all of them are told in a room of their own.
                if case .entity = room, subject.namespace == .analytics { return false }
                write("dashboard:update", change.json, subject.namespace, to: &batch)
            case .row, .broadcast, .notification, .envelope: return false
            }
            return true
        }
    }

    static func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool { false }

    /// One frame for each name that clicks are told by.
    private static func write(_ value: Int64, _ time: Timestamp, of subject: MetricSubject, to batch: inout ByteBuffer)
    {
        for prefix in subject.clickPrefixes {
            let payload =
                prefix.count + value.digits + Part.timestamp.utf8CodeUnitCount + 23 + Part.end.utf8CodeUnitCount
            batch.write(atMost: payload + 10) { out in
                WebSocketFrame.writeHeader(.text, payload: payload, to: &out)
                prefix.withUnsafeBytes { out.write($0) }
                out.write(decimal: value)
                out.write(Part.timestamp)
                withUnsafeTemporaryAllocation(byteCount: Timestamp.textLength, alignment: 1) { text in
                    time.write(to: text)
                    // To the millisecond, as JavaScript writes a date.
                    out.write(UnsafeRawBufferPointer(rebasing: text[..<23]))
                }
                out.write(Part.end)
            }
        }
    }

    private static func write(
        _ name: String, _ argument: JSON, _ namespace: MetricSubject.Namespace, to batch: inout ByteBuffer
    ) {
        let packet = SocketIOPacket.event(name, argument, in: namespace.rawValue)
        batch.writeImmutableBuffer(.enginePacket("4" + packet.text))
    }

    private enum Part {
        static let timestamp: StaticString = #","timestamp":""#
        static let end: StaticString = #"Z"}]"#
    }
}

extension Metric {
    func json(as entity: String) -> JSON {
        [
            "entityId": .string(entity), "metricName": .string(name), "value": value,
            "timestamp": .string(at.millisecondsDescription),
        ]
    }
}

extension DashboardChange {
    var json: JSON {
        [
            "dashboardId": .string(dashboard), "action": .string(action.rawValue), "tile": tile.json(at: position),
        ]
    }
}

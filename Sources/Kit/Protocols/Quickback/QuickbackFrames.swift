import NIOCore

/// Frames of Quickback: `postgres_changes` and `broadcast`. Whom a publication was for is never told.
extension QuickbackServerCodec {
    static func encode(
        _ event: Event, for audience: Audience, in room: Room, into batch: inout ByteBuffer
    ) -> Bool {
        guard let view = audience.view else { return false }
        switch event {
        case .total: return false
        case .click(let click):
            return encode(RowChange(click), [], for: view, into: &batch)
        case .publication(let publication):
            switch publication.kind {
            case .row(let change): return encode(change, publication.roles, for: view, into: &batch)
            case .broadcast(let name, let payload):
                guard view.allows(publication.roles) else { return false }
                write(["type": "broadcast", "event": .string(name), "payload": payload], to: &batch)
                return true
            case .notification, .envelope, .metric, .dashboard: return false
            }
        }
    }

    static func encode(_ notice: Notice, for audience: Audience, into batch: inout ByteBuffer) -> Bool { false }

    private static func encode(
        _ change: RowChange, _ roles: [String], for view: RoleView, into batch: inout ByteBuffer
    ) -> Bool {
        guard view.allows(roles), view.policy.tells(change.operation, of: change.table, to: view.roles) else {
            return false
        }
        func visible(_ row: JSON?) -> JSON {
            row.map { view.policy.visible($0, of: change.table, to: view.roles) } ?? .null
        }
        write(
            [
                "type": "postgres_changes", "table": .string(change.table), "schema": "public",
                "eventType": .string(change.operation.rawValue), "new": visible(change.new), "old": visible(change.old),
            ], to: &batch)
        return true
    }

    private static func write(_ message: JSON, to batch: inout ByteBuffer) { batch.writeFrame(of: message) }
}

extension RowChange {
    /// A click as a row of `clicks`. `id` is the link's code and the click's number in it.
    init(_ click: Click) {
        let code = click.code.description
        self.init(
            table: "clicks", operation: .insert,
            new: [
                "id": .string("clk_\(code)_\(click.linkNumber)"), "linkId": .string("lnk_\(code)"),
                "code": .string(code),
                "country": .string(click.details.country.description),
                "deviceType": .string(click.details.device.name.description),
                "browser": .string(click.details.browser.name.description), "clickedAt": .string(click.at.description),
            ],
            old: nil)
    }
}

extension RowPolicy {
    /// Whether someone with these roles hears of such a change at all.
    fileprivate func tells(_ operation: RowChange.Operation, of table: String, to roles: Set<String>) -> Bool {
        guard let table = tables[table] else { return true }
        let isWanted =
            switch operation {
            case .insert: table.onInsert
            case .update: table.onUpdate
            case .delete: table.onDelete
            }
        return table.enabled && isWanted && allows(roles, table.requiredRoles)
    }
}

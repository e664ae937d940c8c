/// What a socket wants to know of an entity before it hears of it.
struct EntityQuestion: Equatable, Sendable {
    let tenant: OrganizationKey
    /// As the client calls it: a short code, a link's id, `all`, or whatever metrics are published for.
    let entity: String
    /// As the client says it.
    let type: String
    let namespace: MetricSubject.Namespace
    /// What the answer is named by, when one is wanted.
    let ack: Int?
}

/// What an entity is at this moment.
struct EntityReport: Equatable, Sendable {
    /// Where it is heard of.
    var rooms: [Room]
    /// Values by name, in order.
    var metrics: [(name: String, value: JSON)]
    var tiles: JSON

    static func == (left: EntityReport, right: EntityReport) -> Bool {
        left.rooms == right.rooms && left.tiles == right.tiles
            && left.metrics.elementsEqual(right.metrics) { $0.name == $1.name && $0.value == $1.value }
    }

    func json(_ question: EntityQuestion) -> JSON {
        [
            "entityId": .string(question.entity), "entityType": .string(question.type), "metrics": values,
            "tiles": tiles,
        ]
    }

    var values: JSON { .object(.init(metrics.map { ($0.name, $0.value) })) }
}

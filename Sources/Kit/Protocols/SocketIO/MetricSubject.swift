/// An entity as some subscribers call it, in the namespace where they do: whoever has the same shares every frame about it.
final class MetricSubject: Hashable, Sendable {
    enum Namespace: String, Sendable, CaseIterable {
        case dashboard = "/dashboard"
        case analytics = "/analytics/dashboard"
    }

    let namespace: Namespace
    let entity: String
    /// Up to the value, one for each name that clicks are told by.
    let clickPrefixes: [[UInt8]]

    init(_ namespace: Namespace, entity: String = "", clickNames: [String] = []) {
        (self.namespace, self.entity) = (namespace, entity)
        clickPrefixes = clickNames.map { name in
            Array(
                """
                42\(namespace.rawValue),["metric:update",{"entityId":\(JSON.string(entity).text),\
                "metricName":\(JSON.string(name).text),"value":
                """.utf8)
        }
    }

    static func == (left: MetricSubject, right: MetricSubject) -> Bool {
        left.namespace == right.namespace && left.entity == right.entity
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(namespace)
        hasher.combine(entity)
    }
}

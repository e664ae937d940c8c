import Foundation
import Logging
import NIOCore

/// Lets worker processes in. Without a socket for them the server serves all others.
enum WorkerEntrance {
    /// - Returns: how to close it; what was said until then has been published.
    static func open(_ file: URL, _ services: Services, on server: ServerLoop) async -> @Sendable () async -> Void {
        do {
            let listener = try await server.loop.submit {
                guard let sockets = server.sockets else { preconditionFailure("workers are on loops of sockets") }
                let listener = try WorkerListener(file, on: sockets) { take($0, services) }
                return NIOLoopBound(listener, eventLoop: server.loop)
            }.get()
            return { try? await server.loop.submit { listener.value.close() }.get() }
        } catch {
            services.log.warning("worker processes cannot connect", metadata: ["error": "\(error)"])
            return {}
        }
    }

    /// - Returns: what is wrong with the line.
    private static func take(_ line: [UInt8], _ services: Services) -> String? {
        do throws(WorkerMessage.Mistake) {
            let message = try WorkerMessage(line)
            if let publication = message.publication(at: .now, size: line.count) {
                services.sequencer.publish(publication)
            } else if case .news(let type) = message {
                services.log.debug("a worker process says how it fares", metadata: ["type": "\(type)"])
            }
            return nil
        } catch {
            services.log.debug("a worker process is not understood", metadata: ["reason": "\(error.words)"])
            return error.words
        }
    }
}

#if THREAD_SANITIZER
    import Glibc

    /// The lock around shared state, as the thread sanitizer can see it: the standard library's lives in a library that is not
    /// built for it, and every access under it would be reported. `make tsan` sets the flag.
    ///
    /// `@unchecked` holds because `value` is touched under `lock` alone.
    struct Guarded<Value>: ~Copyable, @unchecked Sendable {
        private let lock: UnsafeMutablePointer<pthread_mutex_t>
        private let value: UnsafeMutablePointer<Value>

        init(_ initial: Value) {
            lock = .allocate(capacity: 1)
            pthread_mutex_init(lock, nil)
            value = .allocate(capacity: 1)
            value.initialize(to: initial)
        }

        deinit {
            value.deinitialize(count: 1)
            value.deallocate()
            pthread_mutex_destroy(lock)
            lock.deallocate()
        }

        func withLock<Answer, Failure: Error>(
            _ body: (inout Value) throws(Failure) -> Answer
        ) throws(Failure) -> Answer {
            pthread_mutex_lock(lock)
            defer { pthread_mutex_unlock(lock) }
            return try body(&value.pointee)
        }
    }
#else
    import Synchronization

    /// The lock around shared state.
    typealias Guarded = Mutex
#endif

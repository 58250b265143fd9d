/// A process that can be killed, frozen and started anew; its clock may be wrong.
class SimulatedProcess {
    let name: String
    let index: Int
    unowned let world: World
    /// Counts the lives; what was begun in an earlier one is dropped.
    private(set) var life = 0
    private(set) var isAlive = false
    private var frozenUntilMs: Int64 = 0
    /// Until when nothing reaches the broker, nor comes back from it.
    private var cutUntilMs: Int64 = 0
    /// How far its wall clock is off, milliseconds.
    var clockErrorMs: Int64 = 0

    init(name: String, index: Int, world: World) {
        self.name = name
        self.index = index
        self.world = world
    }

    var isFrozen: Bool { world.nowMs < frozenUntilMs }

    func freeze(forMs: Int64) { frozenUntilMs = world.nowMs + forMs }

    func thaw() { (frozenUntilMs, cutUntilMs) = (0, 0) }

    var isCutOff: Bool { world.nowMs < cutUntilMs }

    /// For how long it stays cut off, milliseconds.
    var cutLeftMs: Int64 { max(0, cutUntilMs - world.nowMs) }

    func cutOff(forMs: Int64) { cutUntilMs = world.nowMs + forMs }

    func kill() {
        isAlive = false
        life += 1
    }

    func start() {
        life += 1
        isAlive = true
        (frozenUntilMs, cutUntilMs) = (0, 0)
    }

    /// Does `body` in this life, after `delayMs`; later if the process is frozen then.
    func after(_ delayMs: Int64, _ body: @escaping () -> Void) {
        let begun = life
        world.after(delayMs) { [self] in
            guard life == begun, isAlive else { return }
            guard !isFrozen else { return after(frozenUntilMs - world.nowMs, body) }
            body()
        }
    }

    /// Does `body` again and again, with pauses from `range`.
    func turn(every range: ClosedRange<Int64>, _ body: @escaping () -> Void) {
        after(world.random.within(range)) { [self] in
            body()
            turn(every: range, body)
        }
    }

    /// Does `body` again and again: with pauses from `busy` while it says that there was something to do, else from `idle`.
    func turn(busy: ClosedRange<Int64>, idle: ClosedRange<Int64>, _ body: @escaping () -> Bool) {
        turn(busy: busy, idle: idle, after: idle, body)
    }

    private func turn(
        busy: ClosedRange<Int64>, idle: ClosedRange<Int64>, after pause: ClosedRange<Int64>,
        _ body: @escaping () -> Bool
    ) {
        after(world.random.within(pause)) { [self] in
            turn(busy: busy, idle: idle, after: body() ? busy : idle, body)
        }
    }
}

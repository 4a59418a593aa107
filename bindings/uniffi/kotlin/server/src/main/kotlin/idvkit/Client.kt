// Drives verifications, with any HTTP client and any store: the loop around `Driver`.

package idvkit

import idvkit.types.Answer
import idvkit.types.Ask
import idvkit.types.HttpRequest
import idvkit.types.Input
import idvkit.types.Next
import idvkit.types.Told
import java.lang.System.Logger.Level
import java.security.SecureRandom
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.locks.ReentrantLock

/** Acts on an outcome: returns when that is done for good, throws if it is to come again later. */
typealias Act = (Ask.Deliver, Verification) -> Unit

/**
 * Drives verifications with an HTTP client and a store. Several threads may use it if these may.
 *
 * With [onOutcome], the outcome of whatever is begun here is handed to it, at least once for each `delivery.id`; without,
 * [advance] says it. Every call throws [Reject] for what is refused, and whatever the store throws; [InterruptedException] if
 * the thread is interrupted: an exchange is given up then, and counts as in flight.
 */
class Client(
    val accounts: Accounts,
    private val store: Store,
    private val exchange: Exchange = sender(),
    private val clock: Clock = systemClock,
    private val onOutcome: Act? = null,
) {
    private val tokens = Tokens()
    private val turns = ConcurrentHashMap<String, ReentrantLock>()

    /**
     * Begins a verification, unless there is one of this key; gives the id of the one or the other. Nothing is sent yet.
     * [plan] is JSON: a request, or a list of steps.
     */
    fun begin(plan: String, key: String): String =
        checkNotNull(heard(Driver.begin(accounts, plan, newSeed(), key, onOutcome != null, clock())))

    /** Does what can be done now, until the user, a wait or the end is reached, and says which. */
    fun advance(id: String): Next = (run(Driver.advance(accounts, id)) as Ask.Rest).next

    /** Tells a verification something. A worker sees to what follows from it. */
    fun tell(id: String, input: Input) {
        run(Driver.tell(accounts, id, input))
    }

    /**
     * Tells a callback or redirect to the verification that it is about, and gives its id; `null` if it belongs to none. [account]
     * names the one that it can be from, if the URL at which it came says so.
     */
    fun hear(input: Input, account: String? = null): String? = heard(Driver.hear(accounts, account, input, clock()))

    /** A verification as it is stored, with its evidence, to look at it; `null` if there is none. */
    fun verification(id: String): Verification? = Driver.inspect(accounts, id).use { driver ->
        finish(driver)
        driver.verification()
    }

    /** The loop: does what a driver asks, until it asks for nothing more, and closes it. */
    fun run(driver: Driver): Ask = driver.use(::finish)

    private fun finish(driver: Driver): Ask = driver.drive(clock) { perform(it, driver) }

    /**
     * Performs one request, once, or gives what is kept; `null` if no answer came. For what no verification asks for, such as
     * an image after a decision.
     */
    fun exchange(request: HttpRequest): Answer? = once(request, request.cache?.key)

    private fun once(request: HttpRequest, exclusive: String?): Answer? {
        if (exclusive == null) return exchange.send(request)
        val turn = turns.computeIfAbsent(exclusive) { ReentrantLock() }
        turn.lockInterruptibly()
        try {
            return tokens.keptOr(request, clock) { exchange.send(request) }
        } finally {
            turn.unlock()
        }
    }

    private fun perform(ask: Ask, driver: Driver): Told = when (ask) {
        is Ask.Load -> store.load(ask.by, ask.blobs)
        is Ask.Store -> Told.Stored(store.store(ask.row, ask.expected, ask.blobs))
        is Ask.Exchange -> Told.Exchanged(once(ask.request, ask.exclusive))
        is Ask.Deliver -> Told.Delivered(deliver(ask, driver))
        is Ask.Rest, is Ask.Heard -> error("nothing more is asked for")
    }

    private fun deliver(ask: Ask.Deliver, driver: Driver): Boolean {
        val act = onOutcome ?: return false
        try {
            act(ask, checkNotNull(driver.verification()))
            return true
        } catch (error: Exception) {
            if (error is InterruptedException) throw error
            log.log(Level.ERROR, "the outcome of ${ask.id} could not be acted on; it comes again", error)
            return false
        }
    }

    private fun heard(driver: Driver): String? = (run(driver) as Ask.Heard).id
}

/** Goes on until nothing more is asked for. It is inline, so that [perform] may suspend where the caller may. */
internal inline fun Driver.drive(clock: Clock, perform: (Ask) -> Told): Ask {
    var ask = ask()
    while (ask !is Ask.Rest && ask !is Ask.Heard) {
        told(perform(ask), clock())
        ask = ask()
    }
    return ask
}

/** What is kept, or else what [send] brings, which is kept from then on. */
internal inline fun Tokens.keptOr(request: HttpRequest, clock: Clock, send: () -> Answer?): Answer? =
    kept(request, clock()) ?: send()?.also { keep(request, it, clock()) }

private val random = SecureRandom()

internal fun newSeed(): ByteArray = ByteArray(32).also(random::nextBytes)

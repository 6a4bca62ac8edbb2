package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What becomes of a client's session state, as a part of the global {@link Settings}. */
public final class StateSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<SessionState> SESSION_STATE = add(Setting.of(
            "session_state",
            type(),
            SessionState.TRACK,
            RELOAD,
            "What becomes of settings and whatever else a client has made of its session when its transaction ends and"
                + " its pool is no session pool: it follows the client and nobody else finds it (`track`), or it stays"
                + " on the server connection for whoever comes next (`ignore`), unless `server_reset_query_always`"
                + " takes it away (`reset`). See [session state](session-state.md)."));
    public static final Setting<StateCheck> SESSION_STATE_CHECK = add(Setting.of(
            "session_state_check",
            ChoiceType.of(StateCheck.class, StateCheck::spelling),
            StateCheck.SUSPECTED,
            RELOAD,
            "With `track`: ask a server connection what a transaction has left where its statements gave reason to"
                    + " (`suspected`), or each time (`always`), which also finds what functions do unseen and costs a"
                    + " question and a clean-up per transaction."));
    public static final Setting<Set<String>> SUSPECT_FUNCTIONS = add(Setting.of(
            "suspect_functions",
            new NamesType(),
            Set.of(),
            RELOAD,
            "With `track`: names of functions, without schema, that change the state of their session. A statement in"
                    + " whose text one of them stands is a reason to ask."));
    public static final Setting<Set<String>> CUSTOM_SETTINGS = add(Setting.of(
            "custom_settings",
            new NamesType(),
            Set.of(),
            RELOAD,
            "With `track`: settings of your own such as `app.tenant` that are made where their names cannot be read,"
                    + " in a function for instance. PostgreSQL does not list them, so they are asked for by name."));
    public static final Setting<Integer> MAX_PINNED_SERVERS = add(Setting.of(
            "max_pinned_servers",
            new IntegerType(0, Settings.MAX_BACKENDS),
            20,
            RELOAD,
            "With `track`: most server connections of one pool that clients keep beyond their transaction, for they"
                + " have something there that cannot move: temporary tables, cursors WITH HOLD, statements of PREPARE,"
                + " advisory locks. They do not count against the pool's size. A client for whom there is none is"
                + " disconnected."));
    public static final Setting<Duration> PIN_IDLE_TIMEOUT = add(Setting.of(
            "pin_idle_timeout",
            new DurationType(),
            Duration.ZERO,
            RELOAD,
            "A client that keeps a server connection so and asks for nothing for so long is disconnected; 0 sets no"
                    + " limit."));
    public static final Setting<Integer> NOTIFY_BUFFER = add(Setting.of(
            "notify_buffer",
            new IntegerType(16 * 1024, 1 << 30),
            4 * 1024 * 1024,
            RELOAD,
            "With `track`: most bytes of notifications that wait for a client which does not read them or is in a"
                    + " transaction. A client for whom there are more is disconnected."));
    public static final Setting<String> SERVER_RESET_QUERY = add(Setting.of(
            "server_reset_query",
            new TextType(),
            "DISCARD ALL",
            RELOAD,
            "SQL that cleans a server connection when a client of a session pool leaves; empty sends nothing."
                    + " Other pools use it only with `server_reset_query_always`."));
    public static final Setting<Boolean> SERVER_RESET_QUERY_ALWAYS = add(Setting.of(
            "server_reset_query_always",
            new FlagType(),
            false,
            RELOAD,
            "With `session_state = \"reset\"`: run `server_reset_query` after each transaction of a transaction pool,"
                    + " and after each statement of a statement pool, too."));

    public static final Setting<Set<String>> TRACK_EXTRA_PARAMETERS = add(Setting.of(
            "track_extra_parameters",
            new NamesType(),
            Set.of("IntervalStyle"),
            RELOAD,
            "With `reset` and `ignore`: settings that follow their client beside `client_encoding`, `DateStyle`,"
                + " `TimeZone`, `standard_conforming_strings` and `application_name`. It can be those that PostgreSQL"
                + " reports, which is how they are noticed. With `track` all settings do."));

    private StateSettings() {}

    /** All of them, as they stand in the documentation. */
    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    static ChoiceType<SessionState> type() {
        return ChoiceType.of(SessionState.class, SessionState::spelling);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}

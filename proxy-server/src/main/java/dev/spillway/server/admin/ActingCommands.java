package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.Refused;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The commands that change something: who may run them, which arguments they take, what they answer. One per session of
 * the console; what they do is for {@link Operations}.
 *
 * <p>What is returned is completed on whatever thread, or fails with {@link Refused}.
 */
final class ActingCommands {
    /** PgBouncer pretends that these can be set, for clients that cannot help it. */
    private static final Set<String> PRETENDED = Set.of(
            "client_encoding",
            "datestyle",
            "default_transaction_isolation",
            "standard_conforming_strings",
            "timezone",
            // these it does not
            "application_name",
            "bytea_output",
            "client_min_messages",
            "default_transaction_read_only",
            "extra_float_digits",
            "intervalstyle",
            "search_path",
            "statement_timeout");

    /** Of an argument PgBouncer reads as much as is a number. */
    private static final Pattern LEADING_NUMBER = Pattern.compile("\\s*(\\d{1,18}).*", Pattern.DOTALL);

    /**
     * What is told to the client.
     *
     * @param tag for its CommandComplete
     * @param notice empty: none
     * @param next to be done when it has been told
     */
    record Answer(String tag, String notice, Runnable next) {
        Answer(String tag) {
            this(tag, "", () -> {});
        }
    }

    private final Operations operations;
    private final boolean isAdmin;

    ActingCommands(Operations operations, boolean isAdmin) {
        this.operations = operations;
        this.isAdmin = isAdmin;
    }

    /** What is to be done for a command; null: it is none. */
    Request.@Nullable Deed find(ConsoleCommand.Words words) {
        String argument = words.argument();
        boolean isAlone = argument.isEmpty();
        return switch (words.name()) {
            case "pause" -> () -> onDatabases("PAUSE", argument, operations::pause);
            case "resume" -> () -> onDatabases("RESUME", argument, operations::resume);
            case "reconnect" -> () -> onDatabases("RECONNECT", argument, operations::reconnect);
            case "kill" -> () -> onDatabases("KILL", argument, operations::kill);
            case "wait_close" -> () -> onDatabases("WAIT_CLOSE", argument, operations::waitClose);
            case "cleanup" -> () -> onDatabases("CLEANUP", argument, operations::cleanUp);
            case "disable" -> () -> onDatabase("DISABLE", argument, operations::disable);
            case "enable" -> () -> onDatabase("ENABLE", argument, operations::enable);
            case "kill_client" -> () -> killClient(argument);
            case "reload" -> isAlone ? () -> run("RELOAD", operations::reload) : null;
            case "suspend" -> isAlone ? () -> run("SUSPEND", operations::suspend) : null;
            case "shutdown" -> shutDown(argument);
            default -> null;
        };
    }

    CompletableFuture<Answer> set(String key, String value) {
        if (PRETENDED.contains(key.toLowerCase(Locale.ROOT))) {
            return CompletableFuture.completedFuture(new Answer("SET", "SET ignored", () -> {}));
        }
        return isAdmin
                ? operations
                        .set(key, value)
                        .thenApply(notice -> new Answer("SET " + key + "=" + value, notice, () -> {}))
                : refuse(ProxyError.ADMIN_NEEDED.fields());
    }

    private interface OnDatabases {
        CompletableFuture<Void> run(@Nullable String database);
    }

    private interface OnDatabase {
        CompletableFuture<Void> run(String database);
    }

    private interface Act {
        CompletableFuture<Void> run();
    }

    private CompletableFuture<Answer> onDatabases(String tag, String argument, OnDatabases act) {
        return run(tag, () -> act.run(argument.isEmpty() ? null : argument));
    }

    private CompletableFuture<Answer> onDatabase(String tag, String argument, OnDatabase act) {
        return run(
                tag,
                () -> argument.isEmpty()
                        ? refuse(ProxyError.COMMAND_REFUSED.fields("a database is required"))
                        : act.run(argument));
    }

    /** Whoever cancels the answer cancels the act. */
    private CompletableFuture<Answer> run(String tag, Act act) {
        if (!isAdmin) {
            return refuse(ProxyError.ADMIN_NEEDED.fields());
        }
        CompletableFuture<Void> done = act.run();
        CompletableFuture<Answer> answer = done.thenApply(nothing -> new Answer(tag));
        var _ = answer.whenComplete((told, failure) -> {
            if (answer.isCancelled()) {
                done.cancel(false);
            } else {
                done.complete(null); // or nobody waits for it any more
            }
        });
        return answer;
    }

    private CompletableFuture<Answer> killClient(String argument) {
        Matcher number = LEADING_NUMBER.matcher(argument);
        return run(
                "KILL_CLIENT",
                () -> number.matches()
                        ? operations.killClient(Long.parseLong(number.group(1)))
                        : refuse(ProxyError.COMMAND_REFUSED.fields("invalid client pointer supplied")));
    }

    private Request.@Nullable Deed shutDown(String argument) {
        Ending how = switch (argument.toUpperCase(Locale.ROOT)) {
            case "" -> Ending.IMMEDIATE;
            case "WAIT_FOR_CLIENTS" -> Ending.WAIT_FOR_CLIENTS;
            case "WAIT_FOR_SERVERS" -> Ending.WAIT_FOR_SERVERS;
            default -> null;
        };
        return how == null ? null : () -> shutDown(how);
    }

    private CompletableFuture<Answer> shutDown(Ending how) {
        return isAdmin
                ? CompletableFuture.completedFuture(new Answer("SHUTDOWN", "", () -> operations.shutDown(how)))
                : refuse(ProxyError.ADMIN_NEEDED.fields());
    }

    private static <T> CompletableFuture<T> refuse(ErrorFields error) {
        return CompletableFuture.failedFuture(new Refused(error));
    }
}

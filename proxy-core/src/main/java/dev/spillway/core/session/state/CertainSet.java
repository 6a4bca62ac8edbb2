package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A text that is one SET and nothing else, whose effect is certain once it has succeeded outside of a transaction: {@code set_config} of this name
 * and value would do the same, on any server and whatever is set besides. Immutable.
 *
 * <p>Source: {@code flatten_set_variable_args()} in {@code src/backend/utils/misc/guc_funcs.c}, which makes the value out of the
 * literal, and {@code src/backend/utils/misc/guc_tables.c}. Left out are settings that are lists (their parts are quoted), whose value
 * goes on from the one before (DateStyle), that others make literals be read differently without being reported, and those that not
 * every user may make.
 *
 * @param name in lower case
 */
public record CertainSet(String name, String value) {
    /** A text that is longer is none. */
    private static final int MAX_BYTES = 256;

    /**
     * Number, word or literal. A literal has neither quotes nor backslashes in it, a number stands as PostgreSQL would write it, and a
     * word is one of lower case that means itself.
     */
    private static final Pattern TEXT = Pattern.compile(
            "\\s*+set\\s++(?:session\\s++)?+(?<name>[a-z_][a-z0-9_]{0,62}+(?:\\.[a-z_][a-z0-9_]{0,62}+)?+)"
                + "(?:\\s*+=\\s*+|\\s++to\\s++)(?:(?<number>0|-?[1-9][0-9]{0,8}|-?(?:0|[1-9][0-9]{0,8})\\.[0-9]{1,9})"
                + "|'(?<literal>[^'\\\\\\p{Cntrl}]++)'|(?<word>[a-z][a-z0-9_]{0,62}))\\s*+;?+\\s*+",
            Pattern.CASE_INSENSITIVE);

    /** A duration that {@link Snapshot#mayStay} understands. */
    private static final Pattern TIME = Pattern.compile("-1|(?:0|[1-9][0-9]{0,8}) ?(?:us|ms|s|min|h|d)?");

    private static final String TIMEOUT = "_timeout";

    /** Numbers, booleans and enumerations, and texts that are taken as they are. Every user may make them. */
    private static final Set<String> OF_ANYONE = Set.of(
            "application_name",
            "bytea_output",
            "check_function_bodies",
            "client_min_messages",
            "constraint_exclusion",
            "default_statistics_target",
            "default_transaction_deferrable",
            "default_transaction_isolation",
            "default_transaction_read_only",
            "effective_cache_size",
            "enable_bitmapscan",
            "enable_hashagg",
            "enable_hashjoin",
            "enable_indexonlyscan",
            "enable_indexscan",
            "enable_material",
            "enable_mergejoin",
            "enable_nestloop",
            "enable_seqscan",
            "enable_sort",
            "extra_float_digits",
            "from_collapse_limit",
            "hash_mem_multiplier",
            "idle_in_transaction_session_timeout",
            "idle_session_timeout",
            "intervalstyle",
            "jit",
            "join_collapse_limit",
            "lock_timeout",
            "maintenance_work_mem",
            "max_parallel_workers_per_gather",
            "plan_cache_mode",
            "quote_all_identifiers",
            "random_page_cost",
            "row_security",
            "seq_page_cost",
            "standard_conforming_strings",
            "statement_timeout",
            "synchronous_commit",
            "timezone",
            "transaction_timeout",
            "work_mem");

    /** The names that {@link #isOfAnyone} holds for. */
    public static Set<String> namesOfAnyone() {
        return OF_ANYONE;
    }

    /** Is the text in {@code [from, to)}, with a zero byte at its end or not, one? Null: it is none. Borrows the buffer. */
    public static @Nullable CertainSet of(ByteBuf text, int from, int to) {
        int end = to > from && text.getByte(to - 1) == 0 ? to - 1 : to;
        if (end - from > MAX_BYTES) {
            return null;
        }
        Matcher matcher = TEXT.matcher(text.toString(from, end - from, StandardCharsets.ISO_8859_1));
        return matcher.matches() ? of(matcher) : null;
    }

    private static @Nullable CertainSet of(Matcher matcher) {
        String name = matcher.group("name").toLowerCase(Locale.ROOT);
        String literal = matcher.group("literal");
        String number = matcher.group("number");
        String word = matcher.group("word");
        String value = literal != null ? literal : number != null ? number : word.toLowerCase(Locale.ROOT);
        boolean isPlain = value.chars().allMatch(letter -> letter < 0x80) && !(word != null && value.equals("default"));
        boolean isKnown = OF_ANYONE.contains(name) || name.indexOf('.') >= 0;
        boolean isTime = !name.endsWith(TIMEOUT) || TIME.matcher(value).matches();
        return isPlain && isKnown && isTime ? new CertainSet(name, value) : null;
    }

    /** May everyone make it? Of one of the application's own nobody knows, for an extension may have defined it. */
    public boolean isOfAnyone() {
        return name.indexOf('.') < 0;
    }
}

package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * PgBouncer's {@code auth_file}: lines of {@code "user" "secret"}, where {@code ""} inside quotes is one quote.
 *
 * <p>As in PgBouncer, a line may begin with {@code ;} to be a comment, what stands between the two strings and after the
 * second is ignored, and of two lines for one user the later counts. Unlike PgBouncer, which stops at the first broken
 * line, every line is read and all problems are reported; a string ends on the line it begins on.
 *
 * @param users unmodifiable, in the file's order
 * @param problems what is wrong with the file; the lines concerned are left out of {@code users}, except those taken for
 *     a plain password
 */
public record UserList(Map<String, StoredSecret> users, List<Problem> problems) {
    /** PgBouncer's MAX_USERNAME (bouncer.h) is 128, with the terminating zero. */
    static final int MAX_USER_BYTES = 127;

    /** PgBouncer's MAX_PASSWORD is 65531, with the zero: more does not fit PG_MAX_AUTH_TOKEN_LENGTH. */
    static final int MAX_SECRET_BYTES = 65_530;

    /**
     * One thing that is wrong.
     *
     * @param line counted from 1
     * @param text a sentence without any secret
     */
    public record Problem(int line, String text) {}

    public UserList {
        users = Collections.unmodifiableMap(new LinkedHashMap<>(users));
        problems = List.copyOf(problems);
    }

    /** Reads the file's text; never throws. */
    public static UserList parse(String text) {
        Map<String, StoredSecret> users = new LinkedHashMap<>();
        List<Problem> problems = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String stripped = line.strip();
            if (!stripped.isEmpty() && stripped.charAt(0) != ';') {
                new Line(number, stripped, users, problems).read();
            }
        }
        return new UserList(users, problems);
    }

    private record Line(int number, String text, Map<String, StoredSecret> users, List<Problem> problems) {
        void read() {
            if (text.charAt(0) != '"') {
                report("a line must begin with a quoted user name");
                return;
            }
            int userEnd = closingQuote(0);
            int secretStart = userEnd < 0 ? -1 : text.indexOf('"', userEnd + 1);
            int secretEnd = secretStart < 0 ? -1 : closingQuote(secretStart);
            if (secretEnd < 0) {
                report("a line must hold a user name and a secret, both in double quotes");
                return;
            }
            add(unquote(0, userEnd), unquote(secretStart, secretEnd));
        }

        private void add(String user, String secret) {
            if (user.isEmpty() || isLonger(user, MAX_USER_BYTES)) {
                report("a user name must have 1 to " + MAX_USER_BYTES + " bytes");
                return;
            }
            if (isLonger(secret, MAX_SECRET_BYTES)) {
                report("the secret of user \"" + user + "\" has over " + MAX_SECRET_BYTES + " bytes");
                return;
            }
            StoredSecret stored = StoredSecret.parse(secret);
            if (stored instanceof StoredSecret.Plain && ScramVerifier.looksLikeOne(secret)) {
                report("the secret of user \"" + user
                        + "\" is no valid SCRAM verifier and is taken for a plain password");
            }
            users.put(user, stored);
        }

        /** The quote that ends the string which the quote at {@code start} begins; -1 if there is none. */
        private int closingQuote(int start) {
            int quote = text.indexOf('"', start + 1);
            while (quote >= 0 && text.startsWith("\"\"", quote)) {
                quote = text.indexOf('"', quote + 2);
            }
            return quote;
        }

        private String unquote(int start, int end) {
            return text.substring(start + 1, end).replace("\"\"", "\"");
        }

        private void report(String problem) {
            problems.add(new Problem(number, problem));
        }

        @Override
        public String toString() {
            return "Line[" + number + "]";
        }

        private static boolean isLonger(String text, int limitBytes) {
            return text.getBytes(UTF_8).length > limitBytes;
        }
    }
}

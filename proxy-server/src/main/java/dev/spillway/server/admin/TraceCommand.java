package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** TRACE: who may, whom, and for how long. Stateless. */
final class TraceCommand {
    static final String TAG = "TRACE";
    private static final int USUAL_SECONDS = 10;
    private static final int MOST_SECONDS = 3600;
    private static final int HEX = 16;
    private static final Pattern CLIENT = Pattern.compile("0[xX]([0-9a-fA-F]{1,8})|(\\d{1,10})");
    private static final Pattern SECONDS = Pattern.compile("\\d{1,9}");

    private TraceCommand() {}

    /** Never fails, and does nothing yet. The client is named as SHOW CLIENTS shows it, by {@code id} or {@code ptr}. */
    static Request request(ConsoleCommand.Trace command, Operations operations, boolean isAdmin, boolean isCopied) {
        if (!isAdmin) {
            return new Request.Refusal(ProxyError.ADMIN_NEEDED.fields());
        }
        Matcher client = CLIENT.matcher(command.client());
        if (!client.matches()) {
            return refusal("invalid client pointer supplied");
        }
        long id = client.group(2) == null ? Long.parseLong(client.group(1), HEX) : Long.parseLong(client.group(2));
        String text = command.seconds().isEmpty() ? String.valueOf(USUAL_SECONDS) : command.seconds();
        int seconds = SECONDS.matcher(text).matches() ? Integer.parseInt(text) : 0;
        return seconds < 1 || seconds > MOST_SECONDS
                ? refusal("a trace takes 1 to " + MOST_SECONDS + " seconds")
                : new Request.Watching(() -> TraceFeed.begin(operations, id, seconds), isCopied);
    }

    private static Request refusal(String text) {
        return new Request.Refusal(ProxyError.COMMAND_REFUSED.fields(text));
    }
}

package dev.spillway.core.protocol.startup;

import dev.spillway.core.protocol.ProtocolViolation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Reads and writes the {@code options} startup parameter, command-line arguments for the server, as far as they set parameters:
 * {@code -c name=value}, {@code -cname=value} and {@code --name=value}.
 *
 * <p>Splitting and escaping are those of {@code pg_split_opts()} in {@code src/backend/utils/init/postinit.c}: white
 * space separates, a backslash takes the next character as it is. In {@code --name}, dashes stand for underscores
 * ({@code ParseLongOption()} in {@code src/backend/utils/misc/guc.c}).
 */
public final class CommandLineOptions {
    private CommandLineOptions() {}

    /**
     * The parameters set by {@code options}, the last value of each name.
     *
     * @throws ProtocolViolation naming the argument, when it is any other switch or has no name
     */
    public static Map<String, String> parse(String options) {
        Map<String, String> settings = new LinkedHashMap<>();
        List<String> arguments = split(options);
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("-c") && i + 1 < arguments.size()) {
                i++;
                put(settings, argument + " " + arguments.get(i), arguments.get(i));
            } else if (argument.startsWith("-c") && argument.length() > 2) {
                put(settings, argument, argument.substring(2));
            } else if (argument.startsWith("--")) {
                put(settings, argument, argument.substring(2));
            } else {
                throw new ProtocolViolation("unsupported options startup parameter: only '-c config=val' and"
                        + " '--config=val' are allowed, not \"" + argument + '"');
            }
        }
        return settings;
    }

    /** Options that {@link #parse} reads as {@code settings}. No name can be taken for a parameter of the packet itself. */
    public static String write(Map<String, String> settings) {
        StringBuilder options = new StringBuilder();
        settings.forEach((name, value) -> {
            options.append(options.isEmpty() ? "-c " : " -c ");
            escape(options, name + '=' + value);
        });
        return options.toString();
    }

    private static void escape(StringBuilder options, String argument) {
        for (int i = 0; i < argument.length(); i++) {
            char c = argument.charAt(i);
            if (c == '\\' || Character.isWhitespace(c)) {
                options.append('\\');
            }
            options.append(c);
        }
    }

    private static void put(Map<String, String> settings, String argument, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
            throw new ProtocolViolation("startup option \"" + argument + "\" does not name a parameter and a value");
        }
        String name = assignment.substring(0, equals).replace('-', '_').toLowerCase(Locale.ROOT);
        settings.put(name, assignment.substring(equals + 1));
    }

    private static List<String> split(String options) {
        List<String> arguments = new ArrayList<>();
        StringBuilder current = new StringBuilder();
        boolean inArgument = false;
        for (int i = 0; i < options.length(); i++) {
            char c = options.charAt(i);
            if (Character.isWhitespace(c)) {
                if (inArgument) {
                    arguments.add(current.toString());
                    current.setLength(0);
                    inArgument = false;
                }
                continue;
            }
            inArgument = true;
            if (c == '\\' && i + 1 < options.length()) {
                i++;
                c = options.charAt(i);
            }
            current.append(c);
        }
        if (inArgument) {
            arguments.add(current.toString());
        }
        return arguments;
    }
}

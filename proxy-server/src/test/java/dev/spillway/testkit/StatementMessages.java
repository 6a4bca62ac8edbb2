package dev.spillway.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The messages that {@link StatementProgram}s are made of. Each has one answer in every state of a session:
 *
 * <ul>
 *   <li>A Query comes only where no group is open, so that each Sync and Query has its ReadyForQuery.
 *   <li>What has no rows and is not the end of a transaction is not described, and nothing is bound with a wrong number of parameters:
 *       in a failed transaction PostgreSQL looks at these before it refuses.
 *   <li>No statement is read by anyone but who writes it: no tables.
 * </ul>
 */
final class StatementMessages {
    private static final String LONG = "a name of more than 63 bytes, of which PostgreSQL takes 63 into account";
    private static final List<String> NAMES = List.of("s1", "s2", "s3", "S 4", LONG, LONG + "!", "spillway_1", "é");
    private static final List<String> CONTROL =
            List.of("begin", "begin", "commit", "rollback", "/* so /* be */ it */ rollback", "savepoint s", "end");

    private static final List<String> SETTINGS = List.of(
            "set datestyle to 'SQL, DMY'",
            "set datestyle to 'ISO, MDY'",
            "set timezone to 'Asia/Tokyo'",
            "set local timezone to 'America/New_York'",
            "set intervalstyle to sql_standard",
            "set array_nulls to off",
            "set local array_nulls to off",
            "set standard_conforming_strings to off",
            "select set_config('timezone', 'Europe/Berlin', false)",
            "select set_config('array_nulls', 'off', true)",
            "reset timezone",
            "reset all",
            "discard all",
            "set app.tenant to 'x'",
            "prepare by_sql as select 'x'::text as d",
            "execute by_sql",
            "deallocate by_sql",
            "create temp table if not exists mine (n int)",
            "drop table mine");

    private static final List<String> LITERALS = List.of(
            "select '01/02/2024'::date as d",
            "select '2024-01-01 00:00'::timestamptz - 'epoch' as t",
            "select '{NULL, x}'::text[] as a",
            "select '1 2:03'::interval as i",
            "select 'a\\nb' as s",
            "select current_setting('timezone') as z");

    private final Random random;
    private final boolean makesSettings;
    private final boolean mayReset;

    /**
     * With {@code mayReset} false, nothing takes back the settings that a client began with, which come back only after the transaction.
     * With {@code makesSettings}, settings change. Then literals that are read under one are used only where they are parsed: PostgreSQL
     * keeps what they meant then, until it plans anew.
     */
    StatementMessages(Random random, boolean makesSettings, boolean mayReset) {
        this.random = random;
        this.makesSettings = makesSettings;
        this.mayReset = mayReset;
    }

    /** What is sent at once: groups and queries. */
    List<byte[]> turn() {
        List<byte[]> messages = new ArrayList<>();
        for (int left = 1 + random.nextInt(random.nextInt(4) == 0 ? 5 : 1); left > 0; left--) {
            if (random.nextInt(4) == 0) {
                messages.add(Messages.query(simple()));
            } else {
                group(messages);
            }
        }
        return messages;
    }

    private String simple() {
        if (makesSettings && random.nextInt(2) == 0) {
            return random.nextInt(5) == 0
                    ? "select '01/02/2024'::date, '{NULL}'::text[], current_setting('timezone')"
                    : setting();
        }
        return switch (random.nextInt(12)) {
            case 0 -> "deallocate all";
            case 1 -> discard();
            case 2 -> "DEALLOCATE " + quoted(shortName()) + " ; ";
            case 3 -> "deallocate prepare " + quoted(shortName());
            case 4 -> "select 1; deallocate all; select 2";
            case 5 -> "select 1/0";
            case 6 -> "select 'deallocate', 'discard'";
            case 7 -> "discard plans";
            default -> CONTROL.get(random.nextInt(CONTROL.size()));
        };
    }

    /** Of a long one SQL notes that it will be truncated. */
    private String shortName() {
        String name = name();
        return name.length() > 63 ? "n1" : name;
    }

    private static String quoted(String name) {
        return name.matches("[a-z][a-z0-9_]*") ? name.toUpperCase(java.util.Locale.ROOT) : '"' + name + '"';
    }

    private void group(List<byte[]> messages) {
        for (int left = random.nextInt(6); left > 0; left--) {
            unit(messages);
            if (random.nextInt(8) == 0) {
                messages.add(Messages.flush());
            }
        }
        messages.add(Messages.sync());
    }

    private void unit(List<byte[]> messages) {
        if (makesSettings && random.nextInt(3) == 0) {
            settings(messages);
            return;
        }
        String name = name();
        switch (random.nextInt(19)) {
            case 0, 1 -> parse(messages, name);
            case 14, 15 -> messages.add(Messages.parse("", "select 'unnamed %d' as t".formatted(random.nextInt(9))));
            case 16, 17 -> messages.addAll(List.of(Messages.bind("", ""), Messages.execute("", 0)));
            case 18 -> messages.add(random.nextBoolean() ? Messages.closeStatement("") : Messages.parse("", "selec"));
            case 12 ->
                messages.addAll(List.of(
                        Messages.parse("n1", "select $1::int + 1 as n"),
                        Messages.describeStatement("n1"),
                        Messages.bind("", "n1", "41"),
                        Messages.execute("", 0)));
            case 13 -> messages.addAll(List.of(Messages.bind("", "n1", "16"), Messages.execute("", 0)));
            case 2 -> {
                parse(messages, name);
                use(messages, name);
            }
            case 3, 4, 5 -> use(messages, name);
            case 6 -> {
                messages.add(Messages.closeStatement(name));
                parse(messages, name);
            }
            case 7 -> messages.add(Messages.closeStatement(name));
            case 8 -> messages.add(Messages.execute("p", 1));
            case 9 -> messages.add(random.nextBoolean() ? Messages.closePortal("p") : Messages.describePortal("p"));
            case 10 ->
                messages.addAll(List.of(Messages.parse("", unnamed()), Messages.bind("", ""), Messages.execute("", 0)));
            default ->
                messages.addAll(List.of(
                        Messages.parse("", "select 'x'::text"), Messages.bind("", ""), Messages.execute("", 0)));
        }
    }

    private String discard() {
        return mayReset ? "discard all" : "deallocate all";
    }

    private String setting() {
        String setting = SETTINGS.get(random.nextInt(SETTINGS.size()));
        return mayReset || !setting.matches("reset.*|discard.*") ? setting : "select 1";
    }

    private void settings(List<byte[]> messages) {
        String setting = setting();
        switch (random.nextInt(4)) {
            case 0 -> messages.add(Messages.parse("set", setting));
            case 1 -> messages.addAll(List.of(Messages.bind("", "set"), Messages.execute("", 0)));
            case 2 ->
                messages.addAll(List.of(
                        Messages.closeStatement("set"),
                        Messages.parse("set", setting),
                        Messages.bind("", "set"),
                        Messages.execute("", 0)));
            default ->
                messages.addAll(List.of(
                        Messages.closeStatement("literal"),
                        Messages.parse("literal", LITERALS.get(random.nextInt(LITERALS.size()))),
                        Messages.bind("", "literal"),
                        Messages.execute("", 0)));
        }
    }

    private String unnamed() {
        return switch (random.nextInt(7)) {
            case 2, 3 -> "DEALLOCATE " + quoted(shortName());
            case 0 -> "deallocate all";
            case 1 -> discard();
            default -> CONTROL.get(random.nextInt(CONTROL.size()));
        };
    }

    private String name() {
        return NAMES.get(random.nextInt(random.nextInt(3) == 0 ? NAMES.size() : 3));
    }

    /** None of them takes parameters. */
    private void parse(List<byte[]> messages, String name) {
        int which = random.nextInt(5);
        int kind = random.nextInt(14);
        messages.add(
                switch (makesSettings && (kind == 6 || kind == 7) ? 10 : kind) {
                    case 0 -> Messages.parse(name, "selec " + which);
                    case 1 -> Messages.parse(name, "select * from no_such_table_" + which);
                    case 2 -> Messages.parse(name, "select 1; select 2");
                    case 3, 4, 5 -> Messages.parse(name, CONTROL.get(random.nextInt(CONTROL.size())));
                    case 6 -> Messages.parse(name, "select '01/02/2024'::date as d");
                    case 7 -> Messages.parse(name, "select '2024-01-01 00:00'::timestamptz - 'epoch' as t");
                    case 8 -> Messages.parse(name, random.nextBoolean() ? "deallocate all" : discard());
                    case 9 -> Messages.parse(name, "select 1/" + (which % 2));
                    case 10 -> Messages.parse(name, "select g from generate_series(1, 3) g");
                    default -> Messages.parse(name, "select %d as n, 'é' as t".formatted(which));
                });
    }

    private void use(List<byte[]> messages, String name) {
        if (random.nextInt(4) == 0) {
            messages.add(Messages.bind("", name));
            messages.add(Messages.describePortal(""));
            messages.add(Messages.execute("", 0));
            return;
        }
        String portal = random.nextInt(3) == 0 ? "p" : "";
        messages.add(Messages.bind(portal, name));
        messages.add(Messages.execute(portal, random.nextInt(3) == 0 ? 1 : 0));
        if (random.nextInt(5) == 0) {
            messages.add(Messages.execute(portal, 0));
        }
    }
}

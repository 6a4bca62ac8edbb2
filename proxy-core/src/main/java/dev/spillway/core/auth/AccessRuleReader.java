package dev.spillway.core.auth;

import dev.spillway.core.auth.AccessWords.MalformedLineException;
import dev.spillway.core.auth.AccessWords.Word;
import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.ProxyConfig;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Understands the lines of one {@code auth_hba_file}. Used by one thread. */
final class AccessRuleReader {
    private final String file;
    private final IdentMaps maps;
    private final NameFiles files;
    private final Consumer<AccessProblem> problems;

    AccessRuleReader(String file, IdentMaps maps, NameFiles files, Consumer<AccessProblem> problems) {
        this.file = file;
        this.maps = maps;
        this.files = files;
        this.problems = problems;
    }

    /** Null where the line has no rule, or a problem, which is reported. */
    @Nullable
    AccessRule read(int number, String line) {
        try {
            AccessWords words = new AccessWords(line);
            return words.isAtEnd() ? null : rule(number, words);
        } catch (MalformedLineException e) {
            problems.accept(new AccessProblem(file, number, e.text()));
            return null;
        }
    }

    private AccessRule rule(int number, AccessWords words) throws MalformedLineException {
        AccessRule.Type type = type(words.word("type"));
        AccessNames databases = names(words, true);
        AccessNames users = names(words, false);
        AddressRange addresses = type == AccessRule.Type.LOCAL ? null : addresses(words);
        AccessMethod method = method(words.word("method"));
        if (method == AccessMethod.PEER && type != AccessRule.Type.LOCAL) {
            throw new MalformedLineException("peer is for local alone: nobody vouches for the other end of TCP");
        }
        LdapOptions ldap = method == AccessMethod.LDAP ? ldap(words) : null;
        IdentMap map = words.isAtEnd() ? null : map(words.word("option"), method);
        words.end();
        return new AccessRule(number, type, databases, users, addresses, method, map, ldap);
    }

    private static AccessRule.Type type(Word word) throws MalformedLineException {
        AccessRule.Type type = word.isQuoted() ? null : AccessRule.Type.parse(word.text());
        if (type == null) {
            throw new MalformedLineException(
                    "a line must begin with local, host, hostssl or hostnossl, not \"" + word.text() + "\"");
        }
        return type;
    }

    private static AccessMethod method(Word word) throws MalformedLineException {
        AccessMethod method = word.isQuoted() ? null : AccessMethod.parse(word.text());
        if (method == null) {
            throw new MalformedLineException("method \"" + word.text()
                    + "\" is not supported: it must be trust, reject, password, md5, scram-sha-256, cert,"
                    + " peer, ldap or pam");
        }
        return method;
    }

    private static LdapOptions ldap(AccessWords words) throws MalformedLineException {
        try {
            return LdapOptions.parse(words.rest());
        } catch (LdapOptions.MalformedException e) {
            throw new MalformedLineException("ldap " + e.text());
        }
    }

    private IdentMap map(Word option, AccessMethod method) throws MalformedLineException {
        if (option.isQuoted() || !option.text().startsWith("map=")) {
            throw new MalformedLineException("option \"" + option.text() + "\" is not supported");
        }
        if (!method.isMapped()) {
            throw new MalformedLineException("map= is for cert and peer alone");
        }
        String name = option.text().substring("map=".length());
        IdentMap map = maps.find(name);
        if (map == null) {
            throw new MalformedLineException("there is no map \"" + name + "\" in auth_ident_file");
        }
        return map;
    }

    private static @Nullable AddressRange addresses(AccessWords words) throws MalformedLineException {
        Word word = words.word("address");
        return word.is("all")
                ? null
                : AddressRange.parse(word.text(), () -> words.word("mask").text());
    }

    // ---- names -----------------------------------------------------------------------------------------------------

    private AccessNames names(AccessWords words, boolean areDatabases) throws MalformedLineException {
        Names names = new Names(areDatabases);
        do {
            names.add(words.word(areDatabases ? "database" : "user"), file);
        } while (words.skipComma());
        return names.all();
    }

    private final class Names {
        private final boolean areDatabases;
        private final Set<String> written = new HashSet<>();
        private final Set<String> read = new HashSet<>();
        private boolean isAll;
        private boolean isSameUser;
        private boolean isReplication;

        Names(boolean areDatabases) {
            this.areDatabases = areDatabases;
        }

        AccessNames all() {
            return new AccessNames(written, isAll, isSameUser, isReplication);
        }

        void add(Word word, String from) throws MalformedLineException {
            String text = word.text();
            if (word.isQuoted()) {
                addName(text);
            } else if (text.equals("all")) {
                isAll = true;
            } else if (text.startsWith("@")) {
                addFile(files.resolve(from, text.substring(1)));
            } else if (areDatabases && text.equals("sameuser")) {
                isSameUser = true;
            } else if (areDatabases && text.equals("replication")) {
                isReplication = true;
            } else {
                refuse(text);
                addName(text);
            }
        }

        /** The console has two names, and who may use it by one may use it by the other, or may not. */
        private void addName(String name) {
            if (areDatabases && ProxyConfig.CONSOLE_DATABASES.contains(name)) {
                written.addAll(ProxyConfig.CONSOLE_DATABASES);
            } else {
                written.add(name);
            }
        }

        private void refuse(String text) throws MalformedLineException {
            boolean isGroup = areDatabases ? text.equals("samerole") || text.equals("samegroup") : text.startsWith("+");
            if (isGroup) {
                throw new MalformedLineException(
                        "\"" + text + "\" is not supported: who is a member of what is known to PostgreSQL alone");
            }
            if (text.startsWith("/")) {
                throw new MalformedLineException("regular expressions are not supported: \"" + text + "\"");
            }
        }

        private void addFile(String name) throws MalformedLineException {
            if (!read.add(name)) {
                return; // all that is in it is here already, or comes
            }
            String text;
            try {
                text = files.read(name);
            } catch (IOException e) {
                throw new MalformedLineException("@" + name + " cannot be read: " + e.getMessage());
            }
            int number = 0;
            for (String line : text.split("\n", -1)) {
                number++;
                addLine(name, number, line);
            }
        }

        private void addLine(String name, int number, String line) {
            try {
                AccessWords words = new AccessWords(line);
                while (!words.isAtEnd()) {
                    add(words.word("name"), name);
                    words.skipComma();
                }
            } catch (MalformedLineException e) {
                problems.accept(new AccessProblem(name, number, e.text()));
            }
        }
    }
}

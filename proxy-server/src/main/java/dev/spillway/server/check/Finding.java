package dev.spillway.server.check;

/**
 * One thing that the check has to say. Immutable; without secrets.
 *
 * @param code what kind it is, for scripts: it stays the same when the text does not
 * @param where what it is about, for people
 * @param change the remedy, with the number where there is one; empty: there is none or none is needed
 */
public record Finding(Level level, String code, String where, String text, String change) {
    /** How bad it is; the order is from good to bad. */
    public enum Level {
        /** It was looked at and is as it should be. */
        OK("ok"),
        /** Nothing is wrong, but who reads this may not know it. */
        NOTE("note"),
        /** It works, but not always or not as it seems to be meant. */
        WARNING("warning"),
        /** It will not work. */
        ERROR("error");

        private final String word;

        Level(String word) {
            this.word = word;
        }

        /** In reports. */
        public String word() {
            return word;
        }
    }

    static Finding ok(String code, String where, String text) {
        return new Finding(Level.OK, code, where, text, "");
    }

    static Finding note(String code, String where, String text, String change) {
        return new Finding(Level.NOTE, code, where, text, change);
    }

    static Finding warning(String code, String where, String text, String change) {
        return new Finding(Level.WARNING, code, where, text, change);
    }

    static Finding error(String code, String where, String text, String change) {
        return new Finding(Level.ERROR, code, where, text, change);
    }
}

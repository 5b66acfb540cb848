package jdk.nashorn.api.scripting;

/** Maxwell asks whether a value is one, which Java has no more. */
public class ScriptObjectMirror extends java.util.HashMap<String, Object> {}

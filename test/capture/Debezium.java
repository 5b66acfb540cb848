import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Writes the changes of a database as Kafka Connect would send them to topics: a line for each record, with the
 * topic, the key and the value in JSON and tabs between them. The value of a tombstone is empty.
 *
 * <p>Usage: java Debezium OUT SCHEMAS KEY=VALUE... where SCHEMAS is true or false and the rest are properties of the
 * connector. It goes on until it is stopped.
 */
public class Debezium {
    public static void main(String[] args) throws Exception {
        OutputStream out = Files.newOutputStream(Path.of(args[0]));
        JsonConverter keys = converter(true, args[1]);
        JsonConverter values = converter(false, args[1]);
        Properties p = new Properties();
        p.put("name", "capture");
        p.put("topic.prefix", "capture");
        p.put("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        p.put("schema.history.internal", "io.debezium.relational.history.MemorySchemaHistory");
        for (int i = 2; i < args.length; i++) {
            String[] kv = args[i].split("=", 2);
            p.put(kv[0], kv[1]);
        }
        var engine = DebeziumEngine.create(Connect.class).using(p).notifying(e -> {
            try {
                SourceRecord r = e.value();
                if (r.valueSchema() != null && !r.valueSchema().name().endsWith(".Envelope")) {
                    return; // of the schema history
                }
                String line = r.topic() + "\t" + text(keys.fromConnectData(r.topic(), r.keySchema(), r.key())) + "\t"
                        + text(values.fromConnectData(r.topic(), r.valueSchema(), r.value())) + "\n";
                out.write(line.getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (Exception x) {
                throw new RuntimeException(x);
            }
        }).using((ok, message, error) -> {
            System.err.println(message);
            if (error != null) {
                error.printStackTrace();
            }
        }).build();
        engine.run();
    }

    private static JsonConverter converter(boolean key, String schemas) {
        JsonConverter c = new JsonConverter();
        c.configure(Map.of("schemas.enable", schemas), key);
        return c;
    }

    private static String text(byte[] json) {
        return json == null ? "" : new String(json, StandardCharsets.UTF_8);
    }
}

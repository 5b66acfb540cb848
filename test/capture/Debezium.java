import io.apicurio.registry.utils.converter.avro.AvroData;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Writes the changes of a database as Kafka Connect would send them to topics: a line for each record, with the
 * topic, the key and the value and tabs between them. The value of a tombstone is empty.
 *
 * <p>Usage: java Debezium OUT FORM KEY=VALUE... where FORM is json, json-with-schemas, or avro (what a converter with
 * a schema registry would send, in base64; OUT.schemas has the schemas, a line each, numbered from 1), and the rest are
 * properties of the connector. It goes on until it is stopped.
 */
public class Debezium {
    public static void main(String[] args) throws Exception {
        OutputStream out = Files.newOutputStream(Path.of(args[0]));
        Form form = args[1].equals("avro") ? avro(Path.of(args[0] + ".schemas")) : json(args[1].equals("json-with-schemas"));
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
                String line = r.topic() + "\t" + form.text(true, r.topic(), r.keySchema(), r.key()) + "\t"
                        + form.text(false, r.topic(), r.valueSchema(), r.value()) + "\n";
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

    /** How keys and values are written; empty for null. */
    interface Form {
        String text(boolean key, String topic, Schema schema, Object data) throws Exception;
    }

    private static Form json(boolean schemas) {
        JsonConverter keys = new JsonConverter();
        JsonConverter values = new JsonConverter();
        keys.configure(Map.of("schemas.enable", schemas), true);
        values.configure(Map.of("schemas.enable", schemas), false);
        return (key, topic, schema, data) -> {
            byte[] b = (key ? keys : values).fromConnectData(topic, schema, data);
            return b == null ? "" : new String(b, StandardCharsets.UTF_8);
        };
    }

    /** Confluent's form: a zero, the number of the schema, and the record. */
    private static Form avro(Path file) {
        AvroData avro = new AvroData(100);
        List<String> schemas = new ArrayList<>();
        return (key, topic, schema, data) -> {
            if (data == null) {
                return "";
            }
            org.apache.avro.Schema s = avro.fromConnectSchema(schema);
            int id = schemas.indexOf(s.toString()) + 1;
            if (id == 0) {
                schemas.add(s.toString());
                id = schemas.size();
                Files.write(file, schemas);
            }
            ByteArrayOutputStream b = new ByteArrayOutputStream();
            b.write(new byte[] {0, (byte) (id >> 24), (byte) (id >> 16), (byte) (id >> 8), (byte) id});
            BinaryEncoder e = EncoderFactory.get().binaryEncoder(b, null);
            new GenericDatumWriter<Object>(s).write(avro.fromConnectData(schema, data), e);
            e.flush();
            return Base64.getEncoder().encodeToString(b.toByteArray());
        };
    }
}

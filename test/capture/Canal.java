import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONWriter;
import com.alibaba.otter.canal.connector.core.producer.MQMessageUtils;
import com.alibaba.otter.canal.instance.manager.CanalInstanceWithManager;
import com.alibaba.otter.canal.instance.manager.model.CanalParameter;
import com.alibaba.otter.canal.protocol.ClientIdentity;
import com.alibaba.otter.canal.protocol.FlatMessage;
import com.alibaba.otter.canal.protocol.Message;
import com.alibaba.otter.canal.server.embedded.CanalServerWithEmbedded;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * Writes the changes of a MySQL as Canal sends them to topics with canal.mq.flatMessage: a message in JSON a line.
 *
 * <p>Usage: java Canal OUT HOST PORT USER PASSWORD TABLES where TABLES is a regular expression such as shop\..*. It
 * begins where the log ends, and goes on until it is stopped.
 */
public class Canal {
    public static void main(String[] args) throws Exception {
        OutputStream out = Files.newOutputStream(Path.of(args[0]));
        CanalParameter p = new CanalParameter();
        p.setMetaMode(CanalParameter.MetaMode.MEMORY);
        p.setIndexMode(CanalParameter.IndexMode.MEMORY);
        p.setStorageMode(CanalParameter.StorageMode.MEMORY);
        p.setMemoryStorageBufferSize(32 * 1024);
        p.setSourcingType(CanalParameter.SourcingType.MYSQL);
        p.setHaMode(CanalParameter.HAMode.HEARTBEAT);
        p.setMasterAddress(new InetSocketAddress(args[1], Integer.parseInt(args[2])));
        p.setMasterUsername(args[3]);
        p.setMasterPassword(args[4]);
        p.setDbUsername(args[3]);
        p.setDbPassword(args[4]);
        p.setDefaultDatabaseName("mysql");
        p.setSlaveId(7301L);
        p.setConnectionCharset("UTF-8");
        p.setDefaultConnectionTimeoutInSeconds(30);
        p.setReceiveBufferSize(64 * 1024);
        p.setSendBufferSize(64 * 1024);
        p.setDetectingEnable(false);
        p.setTsdbEnable(false);
        p.setParallel(false);
        com.alibaba.otter.canal.instance.manager.model.Canal canal = new com.alibaba.otter.canal.instance.manager.model.Canal();
        canal.setId(1L);
        canal.setName("capture");
        canal.setCanalParameter(p);
        CanalServerWithEmbedded server = CanalServerWithEmbedded.instance();
        server.setCanalInstanceGenerator(d -> new CanalInstanceWithManager(canal, args[5]));
        server.start();
        server.start("capture");
        ClientIdentity me = new ClientIdentity("capture", (short) 1001, args[5]);
        server.subscribe(me);
        ThreadPoolExecutor pool = (ThreadPoolExecutor) Executors.newFixedThreadPool(1);
        for (;;) {
            Message m = server.getWithoutAck(me, 100);
            if (m.getId() == -1) {
                Thread.sleep(50);
                continue;
            }
            for (FlatMessage f : MQMessageUtils.messageConverter(MQMessageUtils.buildMessageData(m, pool), m.getId())) {
                out.write(JSON.toJSONBytes(f, JSONWriter.Feature.WriteNulls));
                out.write('\n');
            }
            out.flush();
            server.ack(me, m.getId());
        }
    }
}

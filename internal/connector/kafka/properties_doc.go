package kafka

import (
	"sort"
	"strings"

	"github.com/weir-stream/weir/internal/format"
)

// propertyDocs says what the properties of Kafka's clients do here. Those that are
// not in it, or empty, are taken and ask for what happens anyway, or refused with what
// to write instead.
var propertyDocs = map[string]format.Option{
	"bootstrap.servers":                     {Required: true, Doc: "Brokers to ask first, as host:port with ',' between them."},
	"group.id":                              {Doc: "The consumer group whose offsets are told to the brokers after each checkpoint, and where the mode group-offsets starts."},
	"client.id":                             {Doc: "What the client calls itself, in the logs and quotas of brokers."},
	"client.rack":                           {Doc: "Where the client is: it reads from replicas nearby."},
	"auto.offset.reset":                     {Kind: format.EnumOption, Enum: []string{"earliest", "latest", "none"}, Default: "none", Doc: "Where reading starts where the group has no offset, and where it goes on if records were deleted before they were read; none: that is an error."},
	"isolation.level":                       {Kind: format.EnumOption, Enum: []string{"read_uncommitted", "read_committed"}, Default: "read_uncommitted", Doc: "Whether records of transactions are read before they are committed, and of those that never are."},
	"commit.offsets.on.checkpoint":          {Kind: format.BoolOption, Default: "true", Doc: "Whether offsets are told to the group at all."},
	"request.timeout.ms":                    {Kind: format.IntOption, Default: "30000", Doc: "How long an answer may take, ms."},
	"metadata.max.age.ms":                   {Kind: format.IntOption, Doc: "How long the client believes what it knows of the cluster, ms."},
	"connections.max.idle.ms":               {Kind: format.IntOption, Doc: "How long a connection that is not used stays open, ms."},
	"socket.connection.setup.timeout.ms":    {Kind: format.IntOption, Default: "10000", Doc: "How long connecting may take, ms."},
	"fetch.min.bytes":                       {Kind: format.IntOption, Default: "1", Doc: "Brokers answer once they have so many bytes."},
	"fetch.max.bytes":                       {Kind: format.IntOption, Doc: "The most bytes of an answer."},
	"max.partition.fetch.bytes":             {Kind: format.IntOption, Doc: "The most bytes of a partition in an answer; a record that is larger comes alone."},
	"fetch.max.wait.ms":                     {Kind: format.IntOption, Doc: "How long brokers wait for fetch.min.bytes, ms."},
	"acks":                                  {Kind: format.EnumOption, Enum: []string{"all", "1", "0"}, Default: "all", Doc: "Which replicas must have a record before it counts as written. With 1 and 0 records may be lost or come twice."},
	"linger.ms":                             {Kind: format.IntOption, Doc: "How long records wait for others of their partition, ms."},
	"batch.size":                            {Kind: format.IntOption, Doc: "The most bytes of records that are sent to a partition together."},
	"buffer.memory":                         {Kind: format.IntOption, Doc: "The most bytes that wait to be sent."},
	"max.request.size":                      {Kind: format.IntOption, Doc: "The most bytes of a request."},
	"delivery.timeout.ms":                   {Kind: format.IntOption, Doc: "How long a record may wait to be written before the job fails, ms; by default as long as it takes."},
	"transaction.timeout.ms":                {Kind: format.IntOption, Default: "900000", Doc: "How long the brokers keep a transaction that nobody ends, ms: longer than a job may be down, and no longer than transaction.max.timeout.ms of the brokers."},
	"compression.type":                      {Kind: format.EnumOption, Enum: []string{"none", "gzip", "snappy", "lz4", "zstd"}, Doc: "How records are compressed."},
	"security.protocol":                     {Kind: format.EnumOption, Enum: []string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}, Default: "PLAINTEXT", Doc: "Whether there is TLS, and whether a user is shown."},
	"sasl.mechanism":                        {Kind: format.EnumOption, Enum: []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"}, Doc: "How the user is shown."},
	"sasl.jaas.config":                      {Doc: "The user: '… required username=\"NAME\" password=\"WORD\";', or for OAUTHBEARER clientId, clientSecret and scope. The word is best a secret: ${env:NAME} or ${file:PATH}."},
	"sasl.oauthbearer.token.endpoint.url":   {Doc: "Where tokens are asked for."},
	"ssl.truststore.location":               {Doc: "A PEM file with the certificates to trust; by default the system's."},
	"ssl.truststore.certificates":           {Doc: "The same, as text."},
	"ssl.keystore.location":                 {Doc: "A PEM file with the client's key and certificates."},
	"ssl.keystore.certificate.chain":        {Doc: "The client's certificates in PEM."},
	"ssl.keystore.key":                      {Doc: "The client's key in PEM."},
	"ssl.truststore.type":                   {Doc: "PEM: stores of Java are not read."},
	"ssl.keystore.type":                     {Doc: "PEM: stores of Java are not read."},
	"ssl.endpoint.identification.algorithm": {Doc: "https: the certificate must be of the host; empty: any that is trusted will do."},
}

// propertyOptions lists all properties that are understood, for the reference.
func propertyOptions() []format.Option {
	var out []format.Option
	for k, set := range known {
		o := propertyDocs[k]
		o.Key = "properties." + k
		if o.Doc == "" {
			o.Doc = "Taken, and without effect here."
			if err := set(&properties{}, ""); err != nil {
				_, hint, _ := strings.Cut(err.Error(), ": ")
				o.Doc = "Refused: " + hint + "."
			}
		}
		out = append(out, o)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

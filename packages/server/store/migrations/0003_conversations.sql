CREATE TABLE "assistants" (
	"organization_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "assistants_organization_id_pk" PRIMARY KEY("organization_id"),
	CONSTRAINT "assistant_tenant" UNIQUE("tenant_id")
);
--> statement-breakpoint
CREATE TABLE "channel_accounts" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"channel" text NOT NULL,
	"name" text NOT NULL,
	"account_name" text NOT NULL,
	"pairing_link" text,
	"settings" jsonb NOT NULL,
	"sealed_secret" text NOT NULL,
	"sealed_webhook_secret" text NOT NULL,
	"mode" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"trouble" text,
	"last_received_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "channel_accounts_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "channel_account_id_is_unique_in_the_installation" UNIQUE("id"),
	CONSTRAINT "one_account_per_bot" UNIQUE("organization_id","channel","account_name")
);
--> statement-breakpoint
CREATE TABLE "channel_bindings" (
	"organization_id" text NOT NULL,
	"account_id" text NOT NULL,
	"platform_user_id" text NOT NULL,
	"chat_id" text NOT NULL,
	"display_name" text NOT NULL,
	"employee_id" text NOT NULL,
	"user_id" text NOT NULL,
	"preferred" boolean DEFAULT false NOT NULL,
	"paired_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone,
	CONSTRAINT "channel_bindings_organization_id_account_id_platform_user_id_pk" PRIMARY KEY("organization_id","account_id","platform_user_id"),
	CONSTRAINT "one_pairing_per_employee_and_account" UNIQUE("organization_id","account_id","employee_id")
);
--> statement-breakpoint
CREATE TABLE "inbox" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"arrival" bigserial NOT NULL,
	"account_id" text NOT NULL,
	"platform_message_id" text NOT NULL,
	"chat_id" text NOT NULL,
	"sequence" bigint NOT NULL,
	"message" jsonb NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone,
	"lease_owner" text,
	"lease_expires_at" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"error" text,
	"outcome" text,
	"turn_id" text,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "inbox_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "one_row_per_platform_message" UNIQUE("organization_id","account_id","platform_message_id")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"arrival" bigserial NOT NULL,
	"account_id" text NOT NULL,
	"chat_id" text NOT NULL,
	"kind" text NOT NULL,
	"dedupe_key" text NOT NULL,
	"conversation_id" text,
	"turn_id" text,
	"content" jsonb NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"sent_parts" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone,
	"lease_owner" text,
	"lease_expires_at" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "outbox_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "one_row_per_outbound_message" UNIQUE("organization_id","account_id","chat_id","dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "pairings" (
	"organization_id" text NOT NULL,
	"account_id" text NOT NULL,
	"employee_id" text NOT NULL,
	"user_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "pairings_organization_id_account_id_employee_id_pk" PRIMARY KEY("organization_id","account_id","employee_id"),
	CONSTRAINT "pairing_token" UNIQUE("organization_id","account_id","token_hash")
);
--> statement-breakpoint
CREATE TABLE "attachments" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"conversation_id" text NOT NULL,
	"message_id" text,
	"name" text NOT NULL,
	"media_type" text NOT NULL,
	"bytes" integer NOT NULL,
	"blob" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attachments_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "api_key_tenants" (
	"organization_id" text NOT NULL,
	"key_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	CONSTRAINT "api_key_tenants_organization_id_key_id_tenant_id_pk" PRIMARY KEY("organization_id","key_id","tenant_id")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"prefix" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_keys_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "api_key_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"arrival" bigserial NOT NULL,
	"webhook_id" text NOT NULL,
	"event" text NOT NULL,
	"payload" jsonb NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"status" integer,
	"error" text,
	"retry_at" timestamp with time zone,
	"lease_owner" text,
	"lease_expires_at" timestamp with time zone,
	"fence" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "webhook_deliveries_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"url" text NOT NULL,
	"events" jsonb NOT NULL,
	"sealed_secret" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "webhooks_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "assignments" (
	"organization_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"employee_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "assignments_organization_id_tenant_id_employee_id_pk" PRIMARY KEY("organization_id","tenant_id","employee_id")
);
--> statement-breakpoint
CREATE TABLE "routing_rules" (
	"organization_id" text NOT NULL,
	"scope" text NOT NULL,
	"owner_id" text NOT NULL,
	"tier_id" text,
	"tenant_id" text,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_by" text NOT NULL,
	CONSTRAINT "routing_rules_organization_id_scope_owner_id_pk" PRIMARY KEY("organization_id","scope","owner_id"),
	CONSTRAINT "a_rule_names_a_tier_or_a_tenant" CHECK (num_nonnulls("routing_rules"."tier_id", "routing_rules"."tenant_id") = 1),
	CONSTRAINT "organization_rule_has_no_owner" CHECK (("routing_rules"."scope" = 'organization') = ("routing_rules"."owner_id" = ''))
);
--> statement-breakpoint
CREATE TABLE "person_notifications" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"user_id" text NOT NULL,
	"kind" text NOT NULL,
	"title" text NOT NULL,
	"text" text NOT NULL,
	"conversation_id" text,
	"dedupe_key" text NOT NULL,
	"read_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "person_notifications_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "a_person_is_told_once" UNIQUE("organization_id","user_id","dedupe_key")
);
--> statement-breakpoint
CREATE TABLE "schedule_runs" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"schedule_id" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"conversation_id" text,
	"turn_id" text,
	"finished_at" timestamp with time zone,
	CONSTRAINT "schedule_runs_organization_id_id_pk" PRIMARY KEY("organization_id","id"),
	CONSTRAINT "a_time_is_due_once" UNIQUE("organization_id","schedule_id","due_at")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"organization_id" text NOT NULL,
	"id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"name" text NOT NULL,
	"prompt" text NOT NULL,
	"timing" jsonb NOT NULL,
	"missed_runs" text NOT NULL,
	"deliver_to" text NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_by_type" text NOT NULL,
	"created_by_name" text NOT NULL,
	"next_run_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "schedules_organization_id_id_pk" PRIMARY KEY("organization_id","id")
);
--> statement-breakpoint
CREATE TABLE "twins" (
	"organization_id" text NOT NULL,
	"employee_id" text NOT NULL,
	"tenant_id" text NOT NULL,
	"token" text,
	"active" boolean NOT NULL,
	"greeting" text DEFAULT '' NOT NULL,
	"views" integer DEFAULT 0 NOT NULL,
	"messages" integer DEFAULT 0 NOT NULL,
	"copied_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "twins_organization_id_employee_id_pk" PRIMARY KEY("organization_id","employee_id"),
	CONSTRAINT "twin_token" UNIQUE("token")
);
--> statement-breakpoint
ALTER TABLE "turns" DROP CONSTRAINT "over_means_finished";--> statement-breakpoint
ALTER TABLE "conversations" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ALTER COLUMN "turn_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "caller_key" text;--> statement-breakpoint
UPDATE "conversations" SET "caller_key" = 'user:' || "user_id";--> statement-breakpoint
ALTER TABLE "conversations" ALTER COLUMN "caller_key" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "caller_name" text DEFAULT '' NOT NULL;--> statement-breakpoint
UPDATE "conversations" SET "caller_name" = u."name" FROM "users" u WHERE u."id" = "conversations"."user_id";--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "taken_over_by" text;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "taken_over_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "author_id" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "author" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "origin" text DEFAULT 'portal' NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "quick" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "known_to_agent" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "origin" text DEFAULT 'portal' NOT NULL;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "verification" text DEFAULT 'signed_in' NOT NULL;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "reply_to" jsonb;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "acts" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "files_epoch" integer;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "resumed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "turns" ADD COLUMN "first_token_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "fast_path" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tiers" ADD COLUMN "heartbeat_minutes" integer DEFAULT 30 NOT NULL;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "heartbeat_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "assistants" ADD CONSTRAINT "assistants_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assistants" ADD CONSTRAINT "assistants_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_accounts" ADD CONSTRAINT "channel_accounts_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_bindings" ADD CONSTRAINT "channel_bindings_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_bindings" ADD CONSTRAINT "channel_bindings_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_bindings" ADD CONSTRAINT "channel_bindings_organization_id_account_id_channel_accounts_organization_id_id_fk" FOREIGN KEY ("organization_id","account_id") REFERENCES "public"."channel_accounts"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "channel_bindings" ADD CONSTRAINT "channel_bindings_organization_id_employee_id_employees_organization_id_id_fk" FOREIGN KEY ("organization_id","employee_id") REFERENCES "public"."employees"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbox" ADD CONSTRAINT "inbox_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "inbox" ADD CONSTRAINT "inbox_organization_id_account_id_channel_accounts_organization_id_id_fk" FOREIGN KEY ("organization_id","account_id") REFERENCES "public"."channel_accounts"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_organization_id_account_id_channel_accounts_organization_id_id_fk" FOREIGN KEY ("organization_id","account_id") REFERENCES "public"."channel_accounts"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pairings" ADD CONSTRAINT "pairings_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pairings" ADD CONSTRAINT "pairings_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pairings" ADD CONSTRAINT "pairings_organization_id_account_id_channel_accounts_organization_id_id_fk" FOREIGN KEY ("organization_id","account_id") REFERENCES "public"."channel_accounts"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pairings" ADD CONSTRAINT "pairings_organization_id_employee_id_employees_organization_id_id_fk" FOREIGN KEY ("organization_id","employee_id") REFERENCES "public"."employees"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_organization_id_conversation_id_conversations_organization_id_id_fk" FOREIGN KEY ("organization_id","conversation_id") REFERENCES "public"."conversations"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_organization_id_message_id_messages_organization_id_id_fk" FOREIGN KEY ("organization_id","message_id") REFERENCES "public"."messages"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_key_tenants" ADD CONSTRAINT "api_key_tenants_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_key_tenants" ADD CONSTRAINT "api_key_tenants_organization_id_key_id_api_keys_organization_id_id_fk" FOREIGN KEY ("organization_id","key_id") REFERENCES "public"."api_keys"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_key_tenants" ADD CONSTRAINT "api_key_tenants_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_organization_id_webhook_id_webhooks_organization_id_id_fk" FOREIGN KEY ("organization_id","webhook_id") REFERENCES "public"."webhooks"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "assignments" ADD CONSTRAINT "assignments_organization_id_employee_id_employees_organization_id_id_fk" FOREIGN KEY ("organization_id","employee_id") REFERENCES "public"."employees"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routing_rules" ADD CONSTRAINT "routing_rules_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routing_rules" ADD CONSTRAINT "routing_rules_organization_id_tier_id_tiers_organization_id_id_fk" FOREIGN KEY ("organization_id","tier_id") REFERENCES "public"."tiers"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "routing_rules" ADD CONSTRAINT "routing_rules_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_notifications" ADD CONSTRAINT "person_notifications_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "person_notifications" ADD CONSTRAINT "person_notifications_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_runs" ADD CONSTRAINT "schedule_runs_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_runs" ADD CONSTRAINT "schedule_runs_organization_id_schedule_id_schedules_organization_id_id_fk" FOREIGN KEY ("organization_id","schedule_id") REFERENCES "public"."schedules"("organization_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "twins" ADD CONSTRAINT "twins_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "twins" ADD CONSTRAINT "twins_organization_id_employee_id_employees_organization_id_id_fk" FOREIGN KEY ("organization_id","employee_id") REFERENCES "public"."employees"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "twins" ADD CONSTRAINT "twins_organization_id_tenant_id_tenants_organization_id_id_fk" FOREIGN KEY ("organization_id","tenant_id") REFERENCES "public"."tenants"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "one_preferred_channel" ON "channel_bindings" USING btree ("organization_id","employee_id") WHERE preferred;--> statement-breakpoint
CREATE INDEX "inbox_waiting" ON "inbox" USING btree ("account_id","chat_id","sequence","arrival") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "inbox_dead" ON "inbox" USING btree ("organization_id","finished_at") WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX "inbox_done" ON "inbox" USING btree ("finished_at") WHERE state = 'done';--> statement-breakpoint
CREATE INDEX "inbox_by_account" ON "inbox" USING btree ("organization_id","account_id","received_at");--> statement-breakpoint
CREATE INDEX "outbox_waiting" ON "outbox" USING btree ("account_id","chat_id","arrival") WHERE state in ('waiting', 'streaming');--> statement-breakpoint
CREATE INDEX "outbox_dead" ON "outbox" USING btree ("organization_id","finished_at") WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX "outbox_done" ON "outbox" USING btree ("finished_at") WHERE state in ('sent', 'discarded');--> statement-breakpoint
CREATE INDEX "outbox_by_turn" ON "outbox" USING btree ("organization_id","turn_id");--> statement-breakpoint
CREATE INDEX "attachments_by_message" ON "attachments" USING btree ("organization_id","message_id");--> statement-breakpoint
CREATE INDEX "attachments_by_conversation" ON "attachments" USING btree ("organization_id","conversation_id");--> statement-breakpoint
CREATE INDEX "attachments_by_blob" ON "attachments" USING btree ("blob");--> statement-breakpoint
CREATE INDEX "attachments_not_sent" ON "attachments" USING btree ("created_at") WHERE message_id is null;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_waiting" ON "webhook_deliveries" USING btree ("arrival") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_by_webhook" ON "webhook_deliveries" USING btree ("organization_id","webhook_id","arrival");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_dead" ON "webhook_deliveries" USING btree ("organization_id","finished_at") WHERE state = 'dead';--> statement-breakpoint
CREATE INDEX "assignments_by_employee" ON "assignments" USING btree ("organization_id","employee_id");--> statement-breakpoint
CREATE INDEX "person_notifications_by_user" ON "person_notifications" USING btree ("organization_id","user_id","created_at");--> statement-breakpoint
CREATE INDEX "schedule_runs_by_turn" ON "schedule_runs" USING btree ("organization_id","turn_id");--> statement-breakpoint
CREATE INDEX "schedules_by_tenant" ON "schedules" USING btree ("organization_id","tenant_id");--> statement-breakpoint
CREATE INDEX "schedules_due" ON "schedules" USING btree ("next_run_at") WHERE enabled and next_run_at is not null;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_taken_over_by_users_id_fk" FOREIGN KEY ("taken_over_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_organization_id_conversation_id_conversations_organization_id_id_fk" FOREIGN KEY ("organization_id","conversation_id") REFERENCES "public"."conversations"("organization_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversations_by_caller" ON "conversations" USING btree ("organization_id","tenant_id","path","caller_key","created_at");--> statement-breakpoint
CREATE INDEX "conversations_by_update" ON "conversations" USING btree ("organization_id","updated_at");--> statement-breakpoint
CREATE INDEX "conversations_taken_over" ON "conversations" USING btree ("taken_over_until") WHERE taken_over_until is not null;--> statement-breakpoint
CREATE INDEX "messages_unknown_to_agent" ON "messages" USING btree ("organization_id","conversation_id") WHERE not known_to_agent;--> statement-breakpoint
CREATE INDEX "turns_open_by_tenant" ON "turns" USING btree ("organization_id","tenant_id") WHERE finished_at is null;--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "takeover_has_an_end" CHECK (("conversations"."taken_over_by" is null) = ("conversations"."taken_over_until" is null));--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "what_a_turn_says_has_a_turn" CHECK ("messages"."role" not in ('person', 'agent') or "messages"."turn_id" is not null);--> statement-breakpoint
ALTER TABLE "turns" ADD CONSTRAINT "over_means_finished" CHECK (("turns"."state" in ('answered', 'failed', 'stopped', 'handed_over')) = ("turns"."finished_at" is not null));
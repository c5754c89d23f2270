-- A Koha database as far as this project needs one: the tables that the adapter captures, those that Koha moves deleted rows
-- to, and some that must never leave the library (borrowers, issues). Names, types, keys and foreign keys are those of Koha
-- 24.05; the DDL is our own. Run in an empty database; the character set is utf8mb4.

CREATE TABLE branches (
    branchcode varchar(10) NOT NULL PRIMARY KEY,
    branchname longtext NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE library_groups (
    id         int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    parent_id  int,
    branchcode varchar(10),
    title      varchar(100),
    description mediumtext,
    created_on timestamp NULL,
    UNIQUE KEY title (title),
    UNIQUE KEY library_groups_uniq_2 (parent_id, branchcode),
    KEY branchcode (branchcode),
    CONSTRAINT library_groups_ibfk_1 FOREIGN KEY (parent_id) REFERENCES library_groups (id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT library_groups_ibfk_2 FOREIGN KEY (branchcode) REFERENCES branches (branchcode) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE record_sources (
    record_source_id int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name             text NOT NULL,
    can_be_edited    tinyint NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE biblio (
    biblionumber  int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    frameworkcode varchar(4) NOT NULL DEFAULT '',
    author        longtext,
    title         longtext,
    medium        longtext,
    subtitle      longtext,
    part_number   longtext,
    part_name     longtext,
    unititle      longtext,
    notes         longtext,
    serial        tinyint,
    seriestitle   longtext,
    copyrightdate smallint,
    `timestamp`   timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    datecreated   date NOT NULL,
    abstract      longtext,
    KEY blbnoidx (biblionumber)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE biblio_metadata (
    id           int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    biblionumber int NOT NULL,
    format       varchar(16) NOT NULL,
    `schema`     varchar(16) NOT NULL,
    metadata     longtext NOT NULL,
    `timestamp`  timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    record_source_id int,
    UNIQUE KEY biblio_metadata_uniq_key (biblionumber, format, `schema`),
    KEY `timestamp` (`timestamp`),
    KEY record_metadata_fk_2 (record_source_id),
    CONSTRAINT record_metadata_fk_1 FOREIGN KEY (biblionumber) REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE,
    -- As the database revision of bug 35919 made it; later versions refuse the delete.
    CONSTRAINT record_metadata_fk_2 FOREIGN KEY (record_source_id) REFERENCES record_sources (record_source_id) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE biblioitems (
    biblioitemnumber int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    biblionumber     int NOT NULL DEFAULT 0,
    volume           longtext,
    itemtype         varchar(10),
    isbn             longtext,
    issn             longtext,
    publicationyear  mediumtext,
    publishercode    text,
    volumedate       date,
    editionstatement mediumtext,
    `timestamp`      timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    pages            text,
    place            text,
    lccn             longtext,
    url              mediumtext,
    cn_source        varchar(10),
    cn_class         varchar(30),
    cn_sort          varchar(255),
    agerestriction   varchar(255),
    totalissues      int,
    KEY bibnoidx (biblionumber),
    KEY itemtype_idx (itemtype),
    CONSTRAINT biblioitems_ibfk_1 FOREIGN KEY (biblionumber) REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE items (
    itemnumber               int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    biblionumber             int NOT NULL DEFAULT 0,
    biblioitemnumber         int NOT NULL DEFAULT 0,
    barcode                  varchar(20),
    dateaccessioned          date,
    booksellerid             longtext,
    homebranch               varchar(10),
    price                    decimal(8,2),
    replacementprice         decimal(8,2),
    replacementpricedate     date,
    datelastborrowed         date,
    datelastseen             datetime,
    stack                    tinyint,
    notforloan               tinyint NOT NULL DEFAULT 0,
    damaged                  tinyint NOT NULL DEFAULT 0,
    damaged_on               datetime,
    itemlost                 tinyint NOT NULL DEFAULT 0,
    itemlost_on              datetime,
    withdrawn                tinyint NOT NULL DEFAULT 0,
    withdrawn_on             datetime,
    itemcallnumber           varchar(255),
    coded_location_qualifier varchar(10),
    issues                   smallint DEFAULT 0,
    renewals                 smallint,
    reserves                 smallint,
    restricted               tinyint,
    itemnotes                longtext,
    itemnotes_nonpublic      longtext,
    holdingbranch            varchar(10),
    `timestamp`              timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    deleted_on               datetime,
    location                 varchar(80),
    permanent_location       varchar(80),
    onloan                   date,
    cn_source                varchar(10),
    cn_sort                  varchar(255),
    ccode                    varchar(80),
    materials                mediumtext,
    uri                      mediumtext,
    itype                    varchar(10),
    more_subfields_xml       longtext,
    enumchron                mediumtext,
    copynumber               varchar(32),
    stocknumber              varchar(32),
    new_status               varchar(32),
    UNIQUE KEY itembarcodeidx (barcode),
    KEY itembinoidx (biblioitemnumber),
    KEY itembibnoidx (biblionumber),
    KEY homebranch (homebranch),
    KEY holdingbranch (holdingbranch),
    CONSTRAINT items_ibfk_1 FOREIGN KEY (biblioitemnumber) REFERENCES biblioitems (biblioitemnumber) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT items_ibfk_2 FOREIGN KEY (homebranch) REFERENCES branches (branchcode) ON UPDATE CASCADE,
    CONSTRAINT items_ibfk_3 FOREIGN KEY (holdingbranch) REFERENCES branches (branchcode) ON UPDATE CASCADE,
    CONSTRAINT items_ibfk_4 FOREIGN KEY (biblionumber) REFERENCES biblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE auth_header (
    authid            bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    authtypecode      varchar(10) NOT NULL DEFAULT '',
    datecreated       date,
    modification_time timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    origincode        varchar(20),
    authtrees         longtext,
    marc              blob,
    linkid            bigint,
    marcxml           longtext NOT NULL,
    KEY origincode (origincode)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Acquisitions. Prices, notes and who did what are here so that the tests can look for them on the other side.
CREATE TABLE currency (
    currency varchar(10) NOT NULL PRIMARY KEY,
    symbol   varchar(5),
    rate     float(15,5)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqbooksellers (
    id            int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name          longtext NOT NULL,
    address1      longtext,
    phone         varchar(30),
    accountnumber longtext,
    notes         longtext,
    active        tinyint,
    listprice     varchar(10),
    invoiceprice  varchar(10),
    KEY listprice (listprice),
    KEY invoiceprice (invoiceprice),
    CONSTRAINT aqbooksellers_ibfk_1 FOREIGN KEY (listprice) REFERENCES currency (currency) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT aqbooksellers_ibfk_2 FOREIGN KEY (invoiceprice) REFERENCES currency (currency) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqbudgetperiods (
    budget_period_id          int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    budget_period_startdate   date NOT NULL,
    budget_period_enddate     date NOT NULL,
    budget_period_description longtext,
    budget_period_total       decimal(28,6)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqbudgets (
    budget_id         int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    budget_parent_id  int,
    budget_code       varchar(30),
    budget_name       varchar(80),
    budget_branchcode varchar(10),
    budget_amount     decimal(28,6) DEFAULT 0,
    budget_notes      longtext,
    `timestamp`       timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    budget_period_id  int NOT NULL,
    budget_owner_id   int,
    KEY budget_period_id (budget_period_id),
    CONSTRAINT aqbudgetperiods_ibfk_1 FOREIGN KEY (budget_period_id) REFERENCES aqbudgetperiods (budget_period_id) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqbasket (
    basketno       int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    basketname     varchar(50),
    note           longtext,
    booksellernote longtext,
    creationdate   date,
    closedate      date,
    booksellerid   int NOT NULL DEFAULT 1,
    authorisedby   int,
    branch         varchar(10),
    KEY booksellerid (booksellerid),
    KEY aqbasket_ibfk_4 (branch),
    CONSTRAINT aqbasket_ibfk_1 FOREIGN KEY (booksellerid) REFERENCES aqbooksellers (id) ON UPDATE CASCADE,
    CONSTRAINT aqbasket_ibfk_4 FOREIGN KEY (branch) REFERENCES branches (branchcode) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqinvoices (
    invoiceid     int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    invoicenumber longtext NOT NULL,
    booksellerid  int NOT NULL,
    shipmentdate  date,
    closedate     date,
    shipmentcost  decimal(28,6),
    KEY aqinvoices_fk_aqbooksellerid (booksellerid),
    CONSTRAINT aqinvoices_fk_aqbooksellerid FOREIGN KEY (booksellerid) REFERENCES aqbooksellers (id) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqorders (
    ordernumber             int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    biblionumber            int,
    deleted_biblionumber    int,
    entrydate               date,
    quantity                smallint,
    currency                varchar(10),
    listprice               decimal(28,6),
    datereceived            date,
    invoiceid               int,
    quantityreceived        smallint NOT NULL DEFAULT 0,
    created_by              int,
    datecancellationprinted date,
    cancellationreason      mediumtext,
    order_internalnote      longtext,
    order_vendornote        longtext,
    basketno                int,
    `timestamp`             timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    budget_id               int NOT NULL,
    parent_ordernumber      int,
    orderstatus             varchar(16) DEFAULT 'new',
    KEY basketno (basketno),
    KEY biblionumber (biblionumber),
    KEY budget_id (budget_id),
    KEY aqorders_ibfk_3 (invoiceid),
    KEY aqorders_currency (currency),
    CONSTRAINT aqorders_budget_id_fk FOREIGN KEY (budget_id) REFERENCES aqbudgets (budget_id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT aqorders_currency FOREIGN KEY (currency) REFERENCES currency (currency) ON DELETE SET NULL ON UPDATE SET NULL,
    CONSTRAINT aqorders_ibfk_1 FOREIGN KEY (basketno) REFERENCES aqbasket (basketno) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT aqorders_ibfk_2 FOREIGN KEY (biblionumber) REFERENCES biblio (biblionumber) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT aqorders_ibfk_3 FOREIGN KEY (invoiceid) REFERENCES aqinvoices (invoiceid) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE aqorders_items (
    ordernumber int NOT NULL,
    itemnumber  int NOT NULL PRIMARY KEY,
    `timestamp` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    KEY ordernumber (ordernumber),
    CONSTRAINT aqorders_items_ibfk_1 FOREIGN KEY (ordernumber) REFERENCES aqorders (ordernumber) ON DELETE CASCADE ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

-- Where DelBiblio and DelItem copy rows before they delete them: the same columns, no foreign keys between content tables.
CREATE TABLE deletedbiblio LIKE biblio;
CREATE TABLE deletedbiblio_metadata LIKE biblio_metadata;
CREATE TABLE deletedbiblioitems LIKE biblioitems;
CREATE TABLE deleteditems LIKE items;
ALTER TABLE deletedbiblio_metadata
    ADD CONSTRAINT deletedrecord_metadata_fk_1 FOREIGN KEY (biblionumber) REFERENCES deletedbiblio (biblionumber) ON DELETE CASCADE ON UPDATE CASCADE;
-- The barcode of a deleted item may be used again.
ALTER TABLE deleteditems DROP KEY itembarcodeidx, ADD KEY delitembarcodeidx (barcode);

-- Personal data. `canary` is what the tests look for on the other side of the privacy wall.
CREATE TABLE borrowers (
    borrowernumber int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    cardnumber     varchar(32) UNIQUE,
    surname        longtext,
    firstname      mediumtext,
    email          longtext,
    dateofbirth    date,
    branchcode     varchar(10) NOT NULL DEFAULT '',
    `password`     varchar(60),
    updated_on     timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    CONSTRAINT borrowers_ibfk_2 FOREIGN KEY (branchcode) REFERENCES branches (branchcode)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

CREATE TABLE issues (
    issue_id       int NOT NULL AUTO_INCREMENT PRIMARY KEY,
    borrowernumber int NOT NULL,
    itemnumber     int NOT NULL,
    date_due       datetime,
    branchcode     varchar(10),
    issuedate      datetime,
    note           longtext,
    `timestamp`    timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    UNIQUE KEY itemnumber (itemnumber),
    CONSTRAINT issues_ibfk_1 FOREIGN KEY (borrowernumber) REFERENCES borrowers (borrowernumber) ON UPDATE CASCADE
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_unicode_ci;

INSERT INTO branches (branchcode, branchname) VALUES ('CPL', 'Centerville'), ('MPL', 'Midway'), ('FPL', 'Fairview');
INSERT INTO borrowers (cardnumber, surname, firstname, email, branchcode) VALUES
    ('23529000000001', 'canary-surname', 'Ada', 'canary@example.org', 'CPL'),
    ('23529000000002', 'canary-surname', 'Bo', 'canary2@example.org', 'MPL');

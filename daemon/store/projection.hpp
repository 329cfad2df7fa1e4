// What follows from the log, as tables: the same function projects a record when it is appended and when all
// is rebuilt.
#pragma once
#include "domain/entry.hpp"
#include "store/sql.hpp"

namespace commune_watch::store {

// Counts up whenever projection.sql or project() changes: a file with another number is rebuilt when it is
// opened.
inline constexpr int kProjectionVersion = 3;

class Projection {
 public:
  explicit Projection(Sql& sql);  // the tables stand; carries on after the last run in them

  // In the order of seq, in the transaction that holds the record.
  void project(const Record& record, const Entry& entry);

 private:
  void on(const Record& record, const RunEntry& entry);
  void on(const Record& record, const StopEntry& entry);
  void on(const Record& record, const AnchorEntry& entry);
  void on(const Record& record, const TermsEntry& entry);
  void on(const Record& record, const ChangeEntry& entry);
  void on(const Record& record, const BlipEntry& entry);
  void on(const Record& record, const IncidentEntry& entry);
  void on(const Record& record, const MaintenanceEntry& entry);
  void on(const Record& record, const CorrectionEntry& entry);
  void on(const Record& record, const DeclarationEntry& entry);
  void on(const Record& record, const MustHaveEntry& entry);
  void on(const Record& record, const IdentityEntry& entry);
  void on(const Record& record, const ConfigEntry& entry);
  template <class Other>
  void on(const Record&, const Other&) {}  // says nothing that these tables hold
  void begin_span(DeviceId device, Millis from_bt, const Standing& standing, const std::string& root);

  Statement boot_, run_row_, end_run_, end_incidents_, anchor_, entity_, terms_;
  Statement named_, cut_spans_, begin_span_, first_span_, blip_, open_incident_, close_incident_,
      maintenance_, correction_, declaration_, must_have_, identity_, config_;
  std::uint32_t run_ = 0, boot_id_ = 0;  // the last run, and the boot it ran in
};

// The version that the file's projections were made by; 0 while they are being rebuilt.
int projection_version(Sql& sql);

// Empties the projections and projects the whole log again, in steps: cut short, it begins anew when the file
// is next opened. A body that cannot be read is a Failure.
Result<void> rebuild_projections(Sql& sql);

}  // namespace commune_watch::store

//! What Signicat's API is asked to do.

idvkit_core::operations! {
    /// The operations of Signicat's API.
    pub enum Operation {
        /// Asks for an access token, which every other operation needs.
        Token = "signicat.token",
        /// Makes a dossier.
        CreateDossier = "signicat.create_dossier",
        /// Makes a process.
        CreateProcess = "signicat.create_process",
        /// Starts a capture flow.
        StartCapture = "signicat.start_capture",
        /// Sends the images.
        SetImages = "signicat.set_images",
        /// Requests the verification.
        Start = "signicat.start",
        /// Deletes a process that is no longer wanted.
        DiscardProcess = "signicat.discard_process",
        /// Lists the processes of the dossier.
        ListProcesses = "signicat.list_processes",
        /// Looks at the process of the ordered provider with this place.
        GetProcess(u8) = "signicat.get_process",
        /// Looks at a process that a redirect, callback or list named.
        IdentifyProcess = "signicat.get_process",
        /// Deletes what this session made, the newest being 0.
        Delete(u32) = "signicat.delete",
    }
}
